import assert from "node:assert/strict";
import { randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import tls from "node:tls";
import { silentLog } from "../../domain/log.ts";
import { AGENT_CERTIFICATE_TTL_MS, RECOVERY_BOUNDS } from "../../domain/renewal.ts";
import { fingerprintOf, MASTER_NAME } from "../../pki/certificate.ts";
import { MASTER_CERTIFICATE_TTL_MS } from "../server-certificate.ts";
import { openEnrollment } from "./enrollment.ts";
import { assertRefused, authorities, authority, csr, root, startMaster } from "./start-for-test.ts";

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
