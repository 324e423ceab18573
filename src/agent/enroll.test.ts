import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { openAuthority } from "../pki/authorities.ts";
import { makeSigningRequest, readSigningRequest } from "../pki/csr.ts";
import { mintJoinToken } from "../pki/join-token.ts";
import { enroll } from "./enroll.ts";
import { loadIdentity } from "./identity.ts";

const nowMs = Date.now();
const DAY_MS = 86_400_000;
const hostUuid = "0d1f5a3e-2f0c-4b7e-9a43-0c2f5d7e8a91";

const root = await mkdtemp(join(tmpdir(), "decnet-enroll-"));
after(() => rm(root, { recursive: true }));
const authority = await openAuthority({ dir: join(root, "a"), nowMs, random: randomBytes });
const stranger = await openAuthority({ dir: join(root, "b"), nowMs, random: randomBytes });
const master = await authority.issueMaster({ nowMs, ttlMs: DAY_MS });
const agentKey = (await makeSigningRequest()).keyPem;
const agent = await authority.issueAgent({
  publicKey: createPublicKey(agentKey).export({ type: "spki", format: "der" }),
  hostUuid,
  nowMs,
  ttlMs: DAY_MS,
});

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** A server with a certificate of the test's choice, that keeps what it was sent. */
async function serve(
  t: TestContext,
  key: string,
  cert: string,
  handle: Handler = (_, response) => response.end(),
): Promise<{ readonly port: number; readonly requests: string[] }> {
  const requests: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    handle(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: (server.address() as AddressInfo).port, requests };
}

function tokenFor(port: number): string {
  const { fingerprint } = authority;
  const parts = { authorityFingerprint: fingerprint, host: "127.0.0.1", port, random: randomBytes };
  return mintJoinToken(parts).text;
}

let directories = 0;
function start(port: number, more: Partial<Parameters<typeof enroll>[0]> = {}) {
  const dir = join(root, `agent-${directories++}`);
  const tokenText = tokenFor(port);
  const enrolled = enroll({
    tokenText,
    dir,
    hostName: null,
    agentVersion: "0.1.0",
    nowMs,
    ...more,
  });
  return { dir, enrolled };
}

test("enroll() sends nothing to an impostor that serves with an agent's certificate", async (t) => {
  const chain = agent.certificatePem + authority.certificatePem;
  const { port, requests } = await serve(t, agentKey, chain);
  const { enrolled } = start(port);
  const message = /certificate is not a master's/;
  await assert.rejects(enrolled, { code: "master-not-trusted", message });
  assert.deepEqual(requests, []);
});

test("enroll() sends nothing to a master of another authority", async (t) => {
  const other = await stranger.issueMaster({ nowMs, ttlMs: DAY_MS });
  const { port, requests } = await serve(t, other.keyPem, other.chainPem);
  const message = /authority is not the one of the token/;
  await assert.rejects(start(port).enrolled, { code: "master-not-trusted", message });
  assert.deepEqual(requests, []);
});

test("enroll() sends nothing to an impostor that shows the right authority beside its own", async (t) => {
  const other = await stranger.issueMaster({ nowMs, ttlMs: DAY_MS });
  for (const more of [[stranger, authority], [authority]]) {
    const chain = [other, ...more].map(({ certificatePem }) => certificatePem).join("");
    const { port, requests } = await serve(t, other.keyPem, chain);
    await assert.rejects(start(port).enrolled, { code: "master-not-trusted" });
    assert.deepEqual(requests, []);
  }
});

test("enroll() says both times when this machine's clock is off", async (t) => {
  const { port, requests } = await serve(t, master.keyPem, master.chainPem);
  for (const at of [nowMs - DAY_MS / 2, nowMs + 2 * DAY_MS]) {
    const message = new RegExp(`it is ${new Date(at).toISOString()} here.* valid from .* to `);
    await assert.rejects(start(port, { nowMs: at }).enrolled, { code: "clock-off", message });
  }
  assert.deepEqual(requests, []);
});

test("enroll() says so when nobody listens, or what listens speaks no TLS", async (t) => {
  const deaf = createTcpServer((socket) => {
    socket
      .on("error", () => {})
      .resume()
      .end("220 hello\r\n");
  });
  deaf.listen(0, "127.0.0.1");
  await once(deaf, "listening");
  const { port } = deaf.address() as AddressInfo;
  t.after(() => deaf.listening && deaf.close());
  await assert.rejects(start(port).enrolled, { code: "master-unreachable" });
  deaf.close();
  await once(deaf, "close");
  await assert.rejects(start(port).enrolled, { code: "master-unreachable", message: /REFUSED/ });
});

test("enroll() recognizes a token cut short, before it connects or writes", async () => {
  const dir = join(root, "never-made");
  const tokenText = tokenFor(9).slice(0, -2);
  const enrolled = enroll({ tokenText, dir, hostName: null, agentVersion: "0.1.0", nowMs });
  await assert.rejects(enrolled, { code: "token-malformed" });
  await assert.rejects(readdir(dir), { code: "ENOENT" });
});

/** Certifies the key of the request, or another one. */
function certify(change: { readonly publicKey?: Uint8Array } = {}): Handler {
  return async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    const reading = readSigningRequest((JSON.parse(body) as { csr: string }).csr);
    assert.equal(reading.kind, "accepted");
    const publicKey = change.publicKey ?? (reading.kind === "accepted" && reading.publicKey);
    assert.ok(publicKey);
    const issued = await authority.issueAgent({ publicKey, hostUuid, nowMs, ttlMs: DAY_MS });
    const answer = {
      host_uuid: hostUuid,
      host_name: "web-1",
      certificate: issued.certificatePem,
      authority: stranger.certificatePem,
      agent_host: "127.0.0.1",
      agent_port: 8770,
    };
    response.writeHead(201).end(JSON.stringify(answer));
  };
}

test("enroll() keeps an identity under the token's authority, whatever the answer names", async (t) => {
  const { port, requests } = await serve(t, master.keyPem, master.chainPem, certify());
  const { dir, enrolled } = start(port);
  const identity = await enrolled;
  assert.deepEqual(requests, ["POST /enroll"]);
  assert.equal(identity.hostUuid, hostUuid);
  assert.equal(identity.authorityPem, authority.certificatePem);
  assert.deepEqual(await loadIdentity(dir), identity);

  const again = start(port, { dir }).enrolled;
  await assert.rejects(again, { code: "already-enrolled" });
  assert.deepEqual(await loadIdentity(dir), identity);
});

test("enroll() refuses a certificate of another key, and can start again", async (t) => {
  const publicKey = createPublicKey(agentKey).export({ type: "spki", format: "der" });
  const bad = await serve(t, master.keyPem, master.chainPem, certify({ publicKey }));
  const { dir, enrolled } = start(bad.port);
  await assert.rejects(enrolled, { code: "master-not-trusted", message: /another key/ });
  assert.equal(await loadIdentity(dir), null);
  const good = await serve(t, master.keyPem, master.chainPem, certify());
  await start(good.port, { dir }).enrolled;
  assert.notEqual(await loadIdentity(dir), null);
});

test("enroll() hands on the master's refusal with what was wrong", async (t) => {
  const refuse =
    (status: number, code: string | null, text: string): Handler =>
    (_, response) => {
      if (code !== null) response.setHeader("decnet-error", code);
      response.writeHead(status).end(text);
    };
  const cases = [
    [refuse(403, "token-used", '{"detail":"join token already used"}'), "token-used", null],
    [refuse(422, "csr-invalid", '{"detail":"signing request refused: x"}'), "csr-invalid", "x"],
    [refuse(422, "body-invalid", '{"detail":[1]}'), "body-invalid", "[1]"],
    [refuse(403, "token-used", "<html>"), "token-used", null],
    [refuse(502, null, ""), "master-unreachable", "it answered with HTTP status 502"],
    [refuse(418, "teapot", ""), "master-unreachable", "it answered with HTTP status 418"],
    [refuse(201, null, "{}"), "master-not-trusted", "its answer cannot be read"],
  ] as const;
  for (const [handle, code, detail] of cases) {
    const { port } = await serve(t, master.keyPem, master.chainPem, handle);
    const { dir, enrolled } = start(port);
    await assert.rejects(enrolled, { code, detail });
    assert.equal(await loadIdentity(dir), null);
    // A key that was refused is of no use; an answer that cannot be read is no refusal.
    assert.deepEqual(await readdir(dir), code === "master-not-trusted" ? ["key.pem"] : []);
  }
});

test("enroll() sends no token when its directory cannot keep a key", async (t) => {
  const { port, requests } = await serve(t, master.keyPem, master.chainPem, certify());
  await writeFile(join(root, "file"), "");
  const { enrolled } = start(port, { dir: join(root, "file", "below") });
  await assert.rejects(enrolled, { code: "data-unusable" });
  assert.deepEqual(requests, []);
});

test("enroll() stops when its signal aborts, and leaves no identity", async (t) => {
  const stop = new AbortController();
  const { port } = await serve(t, master.keyPem, master.chainPem, () =>
    stop.abort(new Error("stop")),
  );
  const { dir, enrolled } = start(port, { signal: stop.signal });
  await assert.rejects(enrolled, { message: "stop" });
  assert.equal(await loadIdentity(dir), null);
  assert.deepEqual(await readdir(dir), ["key.pem"]);
  assert.match(await readFile(join(dir, "key.pem"), "utf8"), /^-----BEGIN PRIVATE KEY/);
  await assert.rejects(start(port, { signal: stop.signal }).enrolled, { message: "stop" });
});
