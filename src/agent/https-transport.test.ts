import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { RequestListener } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createPlainServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { DecnetError, type ErrorCode } from "../domain/errors.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { openAuthority } from "../pki/authorities.ts";
import type { Authority } from "../pki/authority.ts";
import { fingerprintOf, MASTER_NAME, ROLE_OIDS } from "../pki/certificate.ts";
import { makeSigningRequest, readSigningRequest } from "../pki/csr.ts";
import { createHttpsTransport } from "./https-transport.ts";

const DAY_MS = 86_400_000;
const nowMs = Date.now();

async function authorityIn(t: TestContext): Promise<Authority> {
  const dir = mkdtempSync(join(tmpdir(), "decnet-transport-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return openAuthority({ dir, nowMs, random: randomBytes });
}

async function agentOf(authority: Authority) {
  const { keyPem, requestPem } = await makeSigningRequest();
  const reading = readSigningRequest(requestPem);
  assert.equal(reading.kind, "accepted");
  const hostUuid = "11111111-2222-4333-8444-555555555555";
  const { publicKey } = reading;
  const issued = await authority.issueAgent({ publicKey, hostUuid, nowMs, ttlMs: DAY_MS });
  return { keyPem, ...issued };
}

async function masterTls(authority: Authority, atMs = nowMs): Promise<ServerOptions> {
  const { keyPem, chainPem } = await authority.issueMaster({ nowMs: atMs, ttlMs: DAY_MS });
  return { key: keyPem, cert: chainPem };
}

async function serve(
  t: TestContext,
  tls: ServerOptions,
  authority: Authority,
  on: (...exchange: Parameters<RequestListener>) => unknown,
) {
  const client = { ca: authority.certificatePem, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ ...client, ...tls }, (req, res) => {
    on(req, res);
  });
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

async function transportTo(t: TestContext, authority: Authority, port: number) {
  const agent = await agentOf(authority);
  const clock = createVirtualClock(nowMs);
  const transport = createHttpsTransport({
    host: "127.0.0.1",
    port,
    key: agent.keyPem,
    certificate: agent.certificatePem,
    authority: () => authority.certificatePem,
    clock,
  });
  t.after(() => transport.close());
  return { transport, clock, fingerprint: agent.fingerprint };
}

const portOf = (server: { address(): AddressInfo | string | null }) =>
  (server.address() as AddressInfo).port;
const GET = { method: "GET", path: "/swarm/desired", timeoutMs: 10_000 } as const;
const failsWith = (code: ErrorCode, message?: RegExp) => (error: unknown) =>
  error instanceof DecnetError && error.code === code && (message?.test(error.message) ?? true);

test("request() proves who it is, sends what it is given and returns the whole answer", async (t) => {
  const authority = await authorityIn(t);
  const seen: unknown[] = [];
  const server = await serve(t, await masterTls(authority), authority, async (req, res) => {
    const socket = req.socket as TLSSocket;
    const body = (await req.toArray()).join("");
    const { raw } = socket.getPeerCertificate();
    seen.push(fingerprintOf(raw), socket.getProtocol(), req.method, req.url, body);
    seen.push(req.headers["decnet-boot"], req.headers["content-type"]);
    res.writeHead(409, { "Decnet-Error": "heartbeat-stale" }).end('{"detail":"x"}');
  });
  const { transport, fingerprint } = await transportTo(t, authority, portOf(server));
  const answer = await transport.request({
    method: "POST",
    path: "/swarm/heartbeat",
    headers: { "decnet-boot": "3" },
    body: '{"ü":1}',
    timeoutMs: 10_000,
  });
  assert.equal(answer.status, 409);
  assert.equal(answer.headers["decnet-error"], "heartbeat-stale");
  assert.equal(answer.body, '{"detail":"x"}');
  assert.deepEqual(seen, [
    fingerprint,
    "TLSv1.3",
    "POST",
    "/swarm/heartbeat",
    '{"ü":1}',
    "3",
    "application/json",
  ]);
});

test("requests one after the other share a connection, and a long poll does not hold them up", async (t) => {
  const authority = await authorityIn(t);
  const ports: (number | undefined)[] = [];
  const server = await serve(t, await masterTls(authority), authority, (req, res) => {
    ports.push(req.socket.remotePort);
    if (req.url !== "/swarm/desired") res.writeHead(204).end();
    else server.emit("polled");
  });
  const { transport } = await transportTo(t, authority, portOf(server));
  const stop = new AbortController();
  const polled = once(server, "polled");
  const poll = transport.request({ ...GET, signal: stop.signal });
  await polled;
  const beat = { method: "POST", path: "/swarm/heartbeat", body: "{}", timeoutMs: 10_000 } as const;
  await transport.request(beat);
  await transport.request(beat);
  await transport.request(beat);
  assert.equal(new Set(ports).size, 2);
  const reason = new Error("enough");
  stop.abort(reason);
  await assert.rejects(poll, reason);
});

test("nothing that a server of another authority says is believed", async (t) => {
  const own = await authorityIn(t);
  const other = await authorityIn(t);
  let asked = 0;
  const server = await serve(t, await masterTls(other), own, (_req, res) => {
    asked += 1;
    res.writeHead(403, { "decnet-error": "host-decommissioned" }).end();
  });
  const { transport } = await transportTo(t, own, portOf(server));
  await assert.rejects(transport.request(GET), failsWith("master-not-trusted"));
  assert.equal(asked, 0);
});

test("a server with an agent's certificate is not the master, though its authority is the swarm's", async (t) => {
  const authority = await authorityIn(t);
  const agent = await agentOf(authority);
  const tls = { key: agent.keyPem, cert: agent.certificatePem };
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const server = await serve(t, { ...tls, maxVersion: version }, authority, (_req, res) =>
      res.writeHead(403, { "decnet-error": "host-decommissioned" }).end(),
    );
    const { transport } = await transportTo(t, authority, portOf(server));
    await assert.rejects(transport.request(GET), failsWith("master-not-trusted"));
    await assert.rejects(transport.request(GET), failsWith("master-not-trusted"), "nor later");
  }
});

test("a server of the swarm's authority that lacks the master's role or name is not the master", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "decnet-transport-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const authority = await openAuthority({ dir, nowMs, random: randomBytes });
  const sign = (name: string, usages: string): ServerOptions => {
    const run = (command: string) =>
      execFileSync("bash", ["-c", command], { cwd: dir, stdio: "pipe" });
    run(
      "openssl req -new -newkey ec:<(openssl ecparam -name P-256) -nodes -keyout key -subj /CN=x -out csr",
    );
    writeFileSync(join(dir, "ext"), `subjectAltName=DNS:${name}\nextendedKeyUsage=${usages}\n`);
    run(
      "openssl x509 -req -in csr -CA authority.pem -CAkey authority.pem -days 1 -extfile ext -out cert",
    );
    return { key: readFileSync(join(dir, "key")), cert: readFileSync(join(dir, "cert")) };
  };
  const impostors = [
    sign(MASTER_NAME, "serverAuth"),
    sign(MASTER_NAME, `serverAuth,clientAuth,${ROLE_OIDS.agent}`),
    sign("other.decnet.internal", `serverAuth,${ROLE_OIDS.master}`),
  ];
  const ask = async (tls: ServerOptions) => {
    const server = await serve(t, tls, authority, (_req, res) => res.writeHead(204).end());
    const { transport } = await transportTo(t, authority, portOf(server));
    return transport.request(GET);
  };
  for (const tls of impostors) await assert.rejects(ask(tls), failsWith("master-not-trusted"));
  const real = sign(MASTER_NAME, `serverAuth,${ROLE_OIDS.master}`);
  assert.equal((await ask(real)).status, 204, "what differs is role and name alone");
});

test("a master's certificate that is not valid now points to the clock", async (t) => {
  const authority = await authorityIn(t);
  const tls = await masterTls(authority, nowMs - 30 * DAY_MS);
  const server = await serve(t, tls, authority, (_req, res) => res.end());
  const { transport } = await transportTo(t, authority, portOf(server));
  await assert.rejects(transport.request(GET), failsWith("clock-off"));
});

test("a port where nobody listens, or no TLS is spoken, is an unreachable master", async (t) => {
  const authority = await authorityIn(t);
  const server = await serve(t, await masterTls(authority), authority, () => {});
  const port = portOf(server);
  server.close();
  await once(server, "close");
  const { transport } = await transportTo(t, authority, port);
  await assert.rejects(transport.request(GET), failsWith("master-unreachable", /ECONNREFUSED/));

  const plain = createPlainServer((socket) => socket.end("SSH-2.0-x\r\n"));
  plain.listen(0, "127.0.0.1");
  await once(plain, "listening");
  t.after(() => plain.close());
  const wrong = await transportTo(t, authority, portOf(plain));
  await assert.rejects(wrong.transport.request(GET), failsWith("master-unreachable"));
});

test("an answer that does not come in time, or breaks off, is an unreachable master", async (t) => {
  const authority = await authorityIn(t);
  const server = await serve(t, await masterTls(authority), authority, (req, res) => {
    if (req.url === "/breaks") {
      res.writeHead(200, { "content-length": "100" });
      res.write("half", () => res.destroy());
    } else server.emit("asked");
  });
  const { transport, clock } = await transportTo(t, authority, portOf(server));
  const asked = once(server, "asked");
  const late = assert.rejects(
    transport.request(GET),
    failsWith("master-unreachable", /no answer within 10000 ms/),
  );
  await asked;
  await clock.advance(10_000);
  await late;
  await assert.rejects(
    transport.request({ ...GET, path: "/breaks" }),
    failsWith("master-unreachable"),
  );
});

test("a master that refuses this host's certificate is unreachable, not untrusted", async (t) => {
  const own = await authorityIn(t);
  const other = await authorityIn(t);
  const server = await serve(t, await masterTls(own), other, (_req, res) => res.end());
  const { transport } = await transportTo(t, own, portOf(server));
  await assert.rejects(transport.request(GET), failsWith("master-unreachable"));
});

test("a request whose signal was aborted before is not sent", async (t) => {
  const authority = await authorityIn(t);
  const { transport } = await transportTo(t, authority, 1);
  const reason = new Error("enough");
  await assert.rejects(transport.request({ ...GET, signal: AbortSignal.abort(reason) }), reason);
});
