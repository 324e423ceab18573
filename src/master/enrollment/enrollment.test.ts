import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import tls from "node:tls";
import { silentLog } from "../../domain/log.ts";
import { AGENT_CERTIFICATE_TTL_MS, RECOVERY_BOUNDS } from "../../domain/renewal.ts";
import { createVirtualClock } from "../../domain/virtual-clock.ts";
import { openAuthorities } from "../../pki/authorities.ts";
import {
  checkAgentCertificate,
  fingerprintOf,
  hostUuidOf,
  MASTER_NAME,
} from "../../pki/certificate.ts";
import { makeSigningRequest } from "../../pki/csr.ts";
import { mintJoinToken } from "../../pki/join-token.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { type Store, StoreUnavailable } from "../../store/store.ts";
import { parseEnrollmentAnswer } from "../../wire/enrollment.ts";
import { openPresenter } from "../presentation.ts";
import { MASTER_CERTIFICATE_TTL_MS } from "../server-certificate.ts";
import { openEnrollment } from "./enrollment.ts";

const startMs = Date.now();
const root = await mkdtemp(join(tmpdir(), "decnet-enrollment-"));
after(() => rm(root, { recursive: true }));
const authorities = await openAuthorities({
  dir: join(root, "authority"),
  nowMs: startMs,
  random: randomBytes,
});
const authority = authorities.newest();
const { requestPem: csr } = await makeSigningRequest();

/** A listener over a store in memory, and what a test does with it. */
async function startMaster(t: TestContext, storeFaults: Partial<Store> = {}) {
  const store = openSqliteStore(":memory:");
  const clock = createVirtualClock(startMs);
  const refusals: string[] = [];
  const closing = new AbortController();
  const presenter = await openPresenter({
    authorities,
    clock,
    log: silentLog,
    signal: closing.signal,
  });
  const enrollment = await openEnrollment({
    store: { ...store, ...storeFaults },
    clock,
    log: silentLog,
    authorities,
    presenter,
    random: randomBytes,
    listen: { host: "127.0.0.1", port: 0 },
    agentPlane: { host: "192.0.2.7", port: 8770 },
    agentCertificateTtlMs: AGENT_CERTIFICATE_TTL_MS,
    recoveryBounds: RECOVERY_BOUNDS,
    refused: (code) => refusals.push(code),
  });
  t.after(async () => {
    closing.abort();
    await enrollment.close();
    await store.close();
  });
  const { port } = enrollment;

  const mint = async (
    token: { hostName?: string; ttlMs?: number; fingerprint?: string } = {},
  ): Promise<{ id: string; text: string }> => {
    const minted = mintJoinToken({
      authorityFingerprint: token.fingerprint ?? authority.fingerprint,
      host: "127.0.0.1",
      port,
      random: randomBytes,
    });
    const created = {
      id: minted.id,
      createdMs: startMs,
      createdBy: "operator:admin",
      expiresMs: startMs + (token.ttlMs ?? 900_000),
      hostName: token.hostName ?? null,
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    };
    await store.createToken(created, minted.secretHash);
    return minted;
  };

  const unchanged = async () => {
    assert.deepEqual(await store.listHosts({ decommissioned: true }), []);
    assert.deepEqual(await store.listAudit({ limit: 10 }), []);
    assert.ok((await store.listTokens()).every(({ usedMs }) => usedMs === null));
  };
  const ask = (method: string, path: string, body?: string, headers?: OutgoingHttpHeaders) =>
    exchange({ port, method, path, body: body ?? null, headers: headers ?? {} });
  const enroll = (fields: object) => ask("POST", "/enroll", JSON.stringify(fields));
  return { store, clock, presenter, refusals, port, enrollment, mint, unchanged, ask, enroll };
}

interface Exchange {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function exchange(asked: {
  port: number;
  method: string;
  path: string;
  body: string | null;
  headers: OutgoingHttpHeaders;
}): Promise<Exchange> {
  const outgoing = httpsRequest({
    ...asked,
    host: "127.0.0.1",
    agent: false,
    ca: authority.certificatePem,
    servername: MASTER_NAME,
  });
  outgoing.end(asked.body ?? undefined);
  const [incoming] = await once(outgoing, "response");
  let text = "";
  for await (const chunk of incoming) text += String(chunk);
  return { status: incoming.statusCode, headers: incoming.headers, text };
}

function assertRefused(answer: Exchange, status: number, code: string, detail: string): void {
  assert.equal(answer.status, status);
  assert.equal(answer.headers["decnet-error"], code);
  assert.deepEqual(JSON.parse(answer.text), { detail });
}

test("POST /enroll gives the host an identity and uses the token up", async (t) => {
  const { store, mint, enroll, refusals } = await startMaster(t);
  const token = await mint({ hostName: "web-1" });
  const response = await enroll({
    token: token.text,
    csr,
    host_name: "other",
    agent_version: "0.1.0",
  });
  assert.equal(response.status, 201);
  const answer = parseEnrollmentAnswer(response.text);
  assert.ok(answer);
  assert.equal(answer.host_name, "web-1");
  assert.equal(answer.authority, authority.certificatePem);
  assert.deepEqual([answer.agent_host, answer.agent_port], ["192.0.2.7", 8770]);

  const certificate = new X509Certificate(answer.certificate);
  assert.equal(checkAgentCertificate(certificate), null);
  assert.equal(hostUuidOf(certificate), answer.host_uuid);
  const lifeMs = certificate.validToDate.getTime() - startMs;
  assert.ok(Math.abs(lifeMs - AGENT_CERTIFICATE_TTL_MS) <= 1000);

  const host = await store.getHost(answer.host_uuid);
  assert.equal(host?.state, "enrolled");
  assert.equal(host.name, "web-1");
  assert.equal(host.address, "127.0.0.1");
  assert.equal(host.agentVersion, "0.1.0");
  assert.equal(host.fingerprint, fingerprintOf(certificate.raw));
  const [used] = await store.listTokens();
  assert.equal(used?.usedByHostUuid, answer.host_uuid);
  const [audit] = await store.listAudit({ limit: 10 });
  assert.equal(audit?.actor, `host:${answer.host_uuid}`);
  assert.equal(audit.action, "host.enroll");
  assert.deepEqual(refusals, []);
});

test("POST /enroll names a host after its request, or after its uuid if nobody names it", async (t) => {
  const { mint, enroll } = await startMaster(t);
  const named = await enroll({ token: (await mint()).text, csr, host_name: "db-1" });
  assert.equal(parseEnrollmentAnswer(named.text)?.host_name, "db-1");
  const unnamed = parseEnrollmentAnswer((await enroll({ token: (await mint()).text, csr })).text);
  assert.equal(unnamed?.host_name, `host-${unnamed?.host_uuid.slice(0, 8)}`);
});

test("POST /enroll lets exactly one of twelve through that use a token at once", async (t) => {
  const { store, mint, enroll, refusals } = await startMaster(t);
  const { text: token } = await mint();
  const answers = await Promise.all(Array.from({ length: 12 }, () => enroll({ token, csr })));
  const counts = Object.groupBy(answers, ({ status }) => String(status));
  assert.equal(counts["201"]?.length, 1);
  assert.equal(counts["403"]?.length, 11);
  assert.equal((await store.listHosts()).length, 1);
  assert.deepEqual(new Set(refusals), new Set(["token-used"]));
  assertRefused(await enroll({ token, csr }), 403, "token-used", "join token already used");
});

test("POST /enroll refuses a token that expired, was revoked, is unknown or of another master", async (t) => {
  const { store, clock, mint, enroll, unchanged } = await startMaster(t);
  const expired = await mint({ ttlMs: 60_000 });
  const revoked = await mint();
  await store.revokeToken(revoked.id, startMs);
  const foreign = await mint({ fingerprint: "ab".repeat(32) });
  const unknown = mintJoinToken({
    authorityFingerprint: authority.fingerprint,
    host: "127.0.0.1",
    port: 8771,
    random: randomBytes,
  });
  await clock.advance(60_000);
  const answer = await enroll({ token: expired.text, csr });
  assertRefused(answer, 403, "token-expired", "join token expired");
  for (const { text: token } of [revoked, foreign, unknown]) {
    assertRefused(await enroll({ token, csr }), 403, "token-unknown", "join token unknown");
  }
  await unchanged();
});

test("POST /enroll recognizes a token that was cut short", async (t) => {
  const { mint, enroll, unchanged } = await startMaster(t);
  const answer = await enroll({ token: (await mint()).text.slice(0, -1), csr });
  assertRefused(answer, 400, "token-malformed", "not a join token");
  await unchanged();
});

test("POST /enroll leaves the token unused when it refuses the signing request", async (t) => {
  const { mint, enroll, unchanged } = await startMaster(t);
  const { text: token } = await mint();
  const weak = execFileSync(
    "openssl",
    ["req", "-new", "-newkey", "rsa:1024", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x"],
    { encoding: "utf8", stdio: "pipe" },
  );
  const detail = "signing request refused: RSA key of 1024 bits is too short";
  assertRefused(await enroll({ token, csr: weak }), 422, "csr-invalid", detail);
  await unchanged();
  assert.equal((await enroll({ token, csr })).status, 201);
});

test("POST /enroll leaves the token unused when the name is taken", async (t) => {
  const { store, mint, enroll } = await startMaster(t);
  await enroll({ token: (await mint()).text, csr, host_name: "web-1" });
  const { text: token } = await mint();
  const taken = await enroll({ token, csr, host_name: "web-1" });
  assertRefused(taken, 409, "host-name-taken", "host name taken");
  assert.equal((await enroll({ token, csr, host_name: "web-2" })).status, 201);
  assert.equal((await store.listHosts()).length, 2);
});

test("POST /enroll names what is wrong with a body, and writes nothing", async (t) => {
  const { ask, enroll, unchanged, refusals } = await startMaster(t);
  for (const body of ["", "{", "\u0000"]) {
    assertRefused(await ask("POST", "/enroll", body), 400, "body-not-json", "body is not JSON");
  }
  const answer = await enroll({ token: 7, csr });
  assert.equal(answer.status, 422);
  assert.equal(JSON.parse(answer.text).detail[0].field, "/token");
  const huge = await ask("POST", "/enroll", JSON.stringify({ csr: "x".repeat(70_000) }));
  assertRefused(huge, 413, "body-too-large", "body too large: over 65536 bytes");
  const streamed = await ask("POST", "/enroll", "x".repeat(70_000), {
    "transfer-encoding": "chunked",
  });
  assert.equal(streamed.status, 413);
  assert.equal(refusals.length, 6);
  await unchanged();
});

test("the listener serves the authority, and nothing beyond its two routes", async (t) => {
  const { ask } = await startMaster(t);
  const answer = await ask("GET", "/authority");
  assert.equal(answer.status, 200);
  assert.equal(answer.text, authority.certificatePem);
  assert.equal((await ask("POST", "/authority", "{}")).headers.allow, "GET");
  assertRefused(await ask("GET", "/enroll"), 405, "method-not-allowed", "method not allowed");
  for (const path of ["/", "/enroll/", "/enroll?x=1", "/swarm/heartbeat", "/api/v1/tokens"]) {
    assertRefused(await ask("POST", path, "{}"), 404, "route-unknown", "no such route");
  }
});

test("the listener lets one address ask 20 times at once, then asks it to wait", async (t) => {
  const { ask, clock, refusals } = await startMaster(t);
  for (let turn = 0; turn < 20; turn++) assert.equal((await ask("GET", "/authority")).status, 200);
  const answer = await ask("GET", "/authority");
  assertRefused(answer, 429, "rate-limited", "too many requests");
  assert.equal(answer.headers["retry-after"], "1");
  assert.deepEqual(refusals, ["rate-limited"]);
  await clock.advance(500);
  assert.equal((await ask("GET", "/authority")).status, 200);
});

test("POST /enroll answers 503 when the store is down, and 500 when there is a bug", async (t) => {
  let fault: Error = new StoreUnavailable("disk full");
  const { mint, enroll, unchanged } = await startMaster(t, {
    enrollHost: () => Promise.reject(fault),
  });
  const { text: token } = await mint();
  const down = await enroll({ token, csr });
  assertRefused(down, 503, "store-unavailable", "store unavailable");
  assert.equal(down.headers["retry-after"], "5");
  fault = new TypeError("a secret of the inside");
  assertRefused(await enroll({ token, csr }), 500, "internal", "internal error");
  await unchanged();
});

test("POST /enroll enrolls nobody of whom the audit cannot be told", async (t) => {
  const { mint, enroll, unchanged } = await startMaster(t, {
    audited: () => Promise.reject(new StoreUnavailable("disk full")),
  });
  const answer = await enroll({ token: (await mint()).text, csr });
  assertRefused(answer, 503, "store-unavailable", "store unavailable");
  await unchanged();
});

test("the listener speaks TLS 1.2 and 1.3, nothing older, and shows its authority", async (t) => {
  const { port } = await startMaster(t);
  const connect = async (version: tls.SecureVersion) => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port,
      ca: authority.certificatePem,
      servername: MASTER_NAME,
      minVersion: version,
      maxVersion: version,
      // Without this, OpenSSL would not even offer the old version.
      ciphers: "DEFAULT@SECLEVEL=0",
    });
    try {
      await once(socket, "secureConnect");
      return fingerprintOf(socket.getPeerCertificate(true).issuerCertificate.raw);
    } finally {
      socket.destroy();
    }
  };
  assert.equal(await connect("TLSv1.3"), authority.fingerprint);
  assert.equal(await connect("TLSv1.2"), authority.fingerprint);
  await assert.rejects(connect("TLSv1.1"));
});

test("the listener refuses what is not HTTP, and hangs up", async (t) => {
  const { port } = await startMaster(t);
  const socket = tls.connect({
    host: "127.0.0.1",
    port,
    ca: authority.certificatePem,
    servername: MASTER_NAME,
  });
  socket.write("SSH-2.0-OpenSSH_9.6\r\n\r\n");
  let text = "";
  for await (const chunk of socket) text += String(chunk);
  assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
});

test("the listener changes to a new certificate at half the life of the old one", async (t) => {
  const { port, clock } = await startMaster(t);
  const present = async () => {
    const socket = tls.connect({
      host: "127.0.0.1",
      port,
      ca: authority.certificatePem,
      servername: MASTER_NAME,
      // Half a life ahead of this machine's own clock, OpenSSL would call the new one too early.
      rejectUnauthorized: false,
    });
    await once(socket, "secureConnect");
    const { raw } = socket.getPeerCertificate();
    socket.destroy();
    return new X509Certificate(raw);
  };
  const first = await present();
  await clock.advance(MASTER_CERTIFICATE_TTL_MS / 2);
  let next = await present();
  // Issuing takes real work of the thread pool, which a virtual clock does not wait for.
  for (let turn = 0; turn < 200 && next.serialNumber === first.serialNumber; turn++) {
    next = await present();
  }
  assert.notEqual(next.serialNumber, first.serialNumber);
  assert.ok(next.validToDate.getTime() > first.validToDate.getTime());
});

test("openEnrollment() says so when the port is in use", async (t) => {
  const { port, store, clock, presenter } = await startMaster(t);
  const second = openEnrollment({
    store,
    clock,
    log: silentLog,
    authorities,
    presenter,
    random: randomBytes,
    listen: { host: "127.0.0.1", port },
    agentPlane: { host: "192.0.2.7", port: 8770 },
    agentCertificateTtlMs: AGENT_CERTIFICATE_TTL_MS,
    recoveryBounds: RECOVERY_BOUNDS,
    refused: () => {},
  });
  await assert.rejects(second, { code: "port-in-use", detail: `127.0.0.1:${port}` });
});

test("close() cuts connections that send nothing, and lets an enrollment finish", async (t) => {
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const { port, enrollment, mint, enroll } = await startMaster(t, {
    async findToken() {
      arrived.resolve();
      await gate.promise;
      return null;
    },
  });
  const idle = tls.connect({
    host: "127.0.0.1",
    port,
    ca: authority.certificatePem,
    servername: MASTER_NAME,
  });
  idle.on("error", () => {});
  await once(idle, "secureConnect");
  const answer = enroll({ token: (await mint()).text, csr });
  await arrived.promise;
  const hungUp = once(idle, "close");
  const closed = enrollment.close();
  gate.resolve();
  await Promise.all([closed, hungUp]);
  assert.equal((await answer).status, 403);
});

test("no certificate of a listener is kept on disk", async () => {
  const text = await readFile(join(root, "authority", "authority.pem"), "utf8");
  assert.equal(text.match(/-----BEGIN/g)?.length, 2);
});
