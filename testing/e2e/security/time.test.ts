import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { enroll } from "../../../src/agent/enroll.ts";
import { createHttpsTransport } from "../../../src/agent/https-transport.ts";
import { loadIdentity } from "../../../src/agent/identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import { openAuthority } from "../../../src/pki/authorities.ts";
import { fingerprintOf, MASTER_NAME, ROLE_OIDS } from "../../../src/pki/certificate.ts";
import { makeSigningRequest, readSigningRequest } from "../../../src/pki/csr.ts";
import { masterNameOf } from "../../../src/pki/trust.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import type { ApiStatus } from "../../../src/wire/api/status.ts";
import { INTERVAL_MS } from "../clone/copy.ts";
import { startAgent } from "../identity/agent.ts";
import { callMaster } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, openMaster } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { setScene } from "./scene.ts";
import { openSocket, requestBytes } from "./wire.ts";

const BEAT = "/swarm/heartbeat";
const YEAR_MS = 365 * 86_400_000;

test("an agent whose clock is a year ahead or behind beats on: it is shown, and decides nothing", async (t) => {
  const scene = await setScene(t, { heartbeatIntervalMs: INTERVAL_MS });
  const { master } = scene;
  const except: string[] = [];
  for (const skewMs of [YEAR_MS, -YEAR_MS]) {
    const name = skewMs > 0 ? "ahead" : "behind";
    const dir = join(await temporaryDir(t), "agent");
    const { hostUuid } = await enrollHost(t, master, name, dir);
    const before = await scene.snapshot();
    const hostNow = async () =>
      (await callMaster(master, "GET", `/api/v1/hosts/${name}`)).json as ApiHost;
    const enrolled = await hostNow();
    const system = createSystemClock();
    const agent = startAgent(dir, () => {}, { ...system, nowMs: () => system.nowMs() + skewMs });
    t.after(() => agent.stop());
    const startedMs = Date.now();
    let host = await hostNow();
    while ((host.sequence ?? 0) < 5) host = await hostNow();
    await agent.stop();
    assert.equal(host.state, "active");
    assert.ok(Math.abs((host.clockSkewMs ?? 0) - skewMs) < 10_000, "as it is");
    assert.ok((host.lastSeenMs ?? 0) >= startedMs && (host.lastSeenMs ?? 0) <= Date.now());
    assert.equal(host.fingerprint, enrolled.fingerprint, "it neither renewed nor recovered");
    assert.notEqual(await loadIdentity(dir), null);
    except.push(hostUuid);
    await scene.assertTraces(before, { except });
  }
});

test("a machine whose clock is a year ahead or behind does not enroll, and keeps its token", async (t) => {
  const scene = await setScene(t);
  const made = await callMaster(scene.master, "POST", "/api/v1/tokens", {});
  const { secret: tokenText } = made.json as { readonly secret: string };
  const before = await scene.snapshot();
  const dir = join(await temporaryDir(t), "agent");
  const joining = { tokenText, dir, hostName: null, agentVersion: "test" };
  for (const skewMs of [YEAR_MS, -YEAR_MS]) {
    const nowMs = Date.now() + skewMs;
    await assert.rejects(enroll({ ...joining, nowMs }), { code: "clock-off" });
  }
  await scene.assertTraces(before, {});
  await enroll({ ...joining, nowMs: Date.now() });
});

test("a client without a certificate that counts now is turned away by TLS, and counted", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const alpha = await enrollHost(t, master, "alpha");
  const before = await scene.snapshot();
  const nowMs = Date.now();
  const signing = await makeSigningRequest();
  const read = readSigningRequest(signing.requestPem);
  assert.ok(read.kind !== "refused");
  const own = await openAuthority({ dir: `${master.dir}/authority`, nowMs, random: randomBytes });
  const stranger = await openAuthority({
    dir: await temporaryDir(t),
    nowMs,
    random: randomBytes,
  });
  const attempt = (over: object) =>
    callerOf(t, alpha, over)("POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"]));
  for (const [authority, atMs] of [
    [own, nowMs - 1e9],
    [own, nowMs + 1e9],
    [stranger, nowMs],
  ] as const) {
    const { certificatePem: cert } = await authority.issueAgent({
      ...read,
      hostUuid: alpha.hostUuid,
      nowMs: atMs,
      ttlMs: 1e6,
    });
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"]) {
      await assert.rejects(attempt({ key: signing.keyPem, cert, maxVersion }));
    }
  }
  await assert.rejects(attempt({ key: undefined, cert: undefined }));
  await scene.assertTraces(before, {
    refused: { "certificate-expired": 4, "certificate-unavailable": 3 },
  });
});

test("a certificate that runs out on an open socket is refused there by the master's clock", async (t) => {
  const scene = await setScene(t);
  const alpha = await enrollHost(t, scene.master, "alpha");
  const socket = await openSocket(alpha);
  t.after(socket.end);
  const before = await scene.snapshot();
  scene.skip(8 * 86_400_000);
  socket.write(requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"])));
  assert.deepEqual(await socket.untilAnswers(1), ["403 certificate-expired"]);
  await scene.assertTraces(before, {
    refused: { "certificate-expired": 1 },
    alarms: ["renewal-overdue alpha null"],
  });
});

test("a certificate of an authority that was retired is cut off, turned away, and counted", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const alpha = await enrollHost(t, master, "alpha");
  assert.equal((await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid))).status, 204);
  const { authorityFingerprint: confirmFingerprint } = (
    await callMaster(master, "GET", "/api/v1/status")
  ).json as ApiStatus;
  const socket = await openSocket(alpha);
  await callMaster(master, "POST", "/api/v1/authorities/rotate");
  const before = await scene.snapshot();
  const sure = { confirmFingerprint, force: true };
  const retired = await callMaster(master, "POST", "/api/v1/authorities/retire", sure);
  assert.equal(retired.status, 200, JSON.stringify(retired.json));
  await socket.closed;
  // As whoever keeps the old certificate but takes the master for what it is now.
  const [{ certificatePem } = assert.fail()] = (
    retired.json as { readonly items: readonly { readonly certificatePem: string }[] }
  ).items;
  const late = callerOf(t, alpha, { ca: certificatePem, servername: masterNameOf(certificatePem) });
  await assert.rejects(late("POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"])));
  await scene.assertTraces(before, {
    refused: { "certificate-unavailable": 1 },
    audit: ["authority.retire ok null"],
  });
});

test("an expired authority starts no master, and what its key signs now is no agent's master", async (t) => {
  const dir = await temporaryDir(t);
  const oldMs = Date.now() - 11 * YEAR_MS;
  await mkdir(join(dir, "authority"), { mode: 0o700 });
  const files = { dir: join(dir, "authority"), random: randomBytes };
  const authority = await openAuthority({ ...files, nowMs: oldMs });
  const kept = await readFile(join(dir, "authority", "authority.pem"), "utf8");
  await assert.rejects(openMaster(t, { dataDir: dir }), {
    code: "data-unusable",
    message: /valid from .* to .*, and this machine's clock says/,
  });
  assert.equal(await readFile(join(dir, "authority", "authority.pem"), "utf8"), kept);

  // Its key is in somebody's hands: a fresh certificate in the master's role, for today.
  const forge = await temporaryDir(t);
  await writeFile(join(forge, "ca.pem"), kept, { mode: 0o600 });
  const names = `DNS:${masterNameOf(authority.certificatePem)},DNS:${MASTER_NAME}`;
  await writeFile(
    join(forge, "ext"),
    `subjectAltName=${names}\nextendedKeyUsage=serverAuth,${ROLE_OIDS.master}\n`,
  );
  const openssl = (line: string) =>
    execFileSync("openssl", line.split(" "), { cwd: forge, stdio: "pipe" });
  openssl(
    "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -subj /CN=x -out csr",
  );
  openssl("x509 -req -in csr -CA ca.pem -CAkey ca.pem -days 1 -extfile ext -out cert");
  const heard: string[] = [];
  const key = await readFile(join(forge, "key"));
  const cert = `${await readFile(join(forge, "cert"), "utf8")}${authority.certificatePem}`;
  assert.ok(new X509Certificate(cert).validToDate.getTime() > Date.now());
  const impostor = createServer({ key, cert }, ({ url }, response) => {
    heard.push(url ?? "");
    response.end();
  });
  t.after(() => {
    impostor.close();
    impostor.closeAllConnections();
  });
  impostor.listen(0, "127.0.0.1");
  await once(impostor, "listening");
  const { keyPem, requestPem } = await makeSigningRequest();
  const read = readSigningRequest(requestPem);
  assert.ok(read.kind !== "refused");
  const agent = await authority.issueAgent({
    ...read,
    hostUuid: "11111111-2222-4333-8444-555555555555",
    nowMs: oldMs,
    ttlMs: 1e9,
  });
  const transport = createHttpsTransport({
    host: "127.0.0.1",
    port: (impostor.address() as AddressInfo).port,
    key: keyPem,
    certificate: agent.certificatePem,
    authority: () => authority.certificatePem,
    clock: createSystemClock(),
  });
  t.after(() => transport.close());
  const asking = transport.request({ method: "GET", path: "/swarm/desired", timeoutMs: 5000 });
  await assert.rejects(asking, { code: "clock-off" });
  assert.deepEqual(heard, []);
  assert.equal(fingerprintOf(authority.certificate.raw), authority.fingerprint);
});
