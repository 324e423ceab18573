import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { AGENT_CERTIFICATE_TTL_MS } from "../../domain/renewal.ts";
import { checkAgentCertificate, fingerprintOf, hostUuidOf } from "../../pki/certificate.ts";
import { mintJoinToken } from "../../pki/join-token.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { parseEnrollmentAnswer } from "../../wire/enrollment.ts";
import { assertRefused, authority, csr, startMaster, startMs } from "./start-for-test.ts";

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
