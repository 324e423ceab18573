import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Identity, loadIdentity } from "../../../src/agent/identity.ts";
import { loadNext, RENEWAL_STEPS, saveNext } from "../../../src/agent/next-identity.ts";
import type { Host } from "../../../src/domain/host.ts";
import { fingerprintOf } from "../../../src/pki/certificate.ts";
import { makeSigningRequest, readSigningRequest } from "../../../src/pki/csr.ts";
import { type Store, StoreUnavailable } from "../../../src/store/store.ts";
import { callerOf, heartbeatBody } from "../swarm.ts";
import { startAgent } from "./agent.ts";
import { DAY_MS, openSwarm, type Swarm } from "./swarm-of-parts.ts";

/** Past half of seven days and a tenth more: due, whatever the dice say; not overdue yet. */
const DUE_MS = 4.4 * DAY_MS;

/** Resolves with the first value that is not null, looked for after each commit. */
async function until<T>(store: Store, look: () => Promise<T | null>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const check = async () => {
    try {
      const found = await look();
      if (found !== null) resolve(found);
    } catch (error) {
      reject(error);
    }
  };
  const stop = store.onChange(() => void check());
  void check();
  try {
    return await promise;
  } finally {
    stop();
  }
}

const hostWhere = (store: Store, uuid: string, holds: (host: Host) => boolean) =>
  until(store, async () => {
    const host = await store.getHost(uuid);
    return host !== null && holds(host) ? host : null;
  });

const fingerprintIn = (identity: Identity | null) =>
  identity === null ? null : fingerprintOf(new X509Certificate(identity.certificatePem).raw);

/** That what is on disk is the renewed identity, alone, and that nobody was alarmed on the way. */
async function assertRenewed(swarm: Swarm, dir: string, identity: Identity): Promise<void> {
  const host = await swarm.store.getHost(identity.hostUuid);
  assert.notEqual(host?.lastRenewalMs, null);
  const now = await loadIdentity(dir);
  assert.equal(fingerprintIn(now), host?.fingerprint);
  assert.notEqual(now?.keyPem, identity.keyPem, "a new key");
  assert.equal(host?.nextFingerprint, null);
  assert.deepEqual(
    (await readdir(dir)).filter((name) => /^(next|promoted)/.test(name)),
    [],
  );
  assert.deepEqual(await swarm.store.listAlarms(), []);
  assert.equal(swarm.refusals.includes("certificate-mismatch"), false);
}

/** That an agent started from what a crash left in `dir` connects and ends renewed. */
async function endsRenewed(t: TestContext, swarm: Swarm, dir: string, identity: Identity) {
  const { hostUuid } = identity;
  assert.notEqual(await loadIdentity(dir), null);
  const before = await swarm.store.getHost(hostUuid);
  const open = before?.lastRenewalMs === null || (await loadNext(dir)) !== null;
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  if (open) await agent.renewed;
  await hostWhere(swarm.store, hostUuid, (host) => host.boot === 2 && host.lastRenewalMs !== null);
  await agent.stop();
  await assertRenewed(swarm, dir, identity);
}

test("an agent renews at half its certificate's life, with a new key, and loses no beat", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1", DUE_MS);
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  const host = await hostWhere(
    swarm.store,
    identity.hostUuid,
    (it) => it.state === "active" && it.lastRenewalMs !== null,
  );
  const after = callerOf(t, identity);
  await agent.stop();
  await assertRenewed(swarm, dir, identity);
  assert.deepEqual(swarm.refusals, []);
  assert.ok(host.renewDueMs > Date.now() + 3 * DAY_MS);
  const retired = await after("POST", "/swarm/heartbeat", heartbeatBody(identity.hostUuid));
  assert.equal(retired.status, 403);
  assert.match(retired.text, /cert fingerprint mismatch/);
  const [alarm] = await until(swarm.store, async () => {
    const alarms = await swarm.store.listAlarms();
    return alarms.length === 0 ? null : alarms;
  });
  assert.equal(alarm?.kind, "retired-certificate");
  assert.equal(alarm.hostUuid, identity.hostUuid);
  assert.equal(alarm.detail, fingerprintIn(identity));
  assert.equal(alarm.address, "127.0.0.1");
});

for (const crash of RENEWAL_STEPS) {
  test(`an agent that dies before '${crash}' connects again and ends renewed`, async (t) => {
    const swarm = await openSwarm(t);
    const { dir, identity } = await swarm.enroll("web-1", DUE_MS);
    const dying = startAgent(dir, (step) => {
      if (step === crash) throw new Error(`dies before ${step}`);
    });
    await assert.rejects(dying.exit, { message: `dies before ${crash}` });
    await endsRenewed(t, swarm, dir, identity);
  });
}

for (const crash of ["send-request", "save-certificate", "promote", "write-certificate"]) {
  test(`an agent killed with SIGKILL before '${crash}' connects again and ends renewed`, async (t) => {
    const swarm = await openSwarm(t);
    const { dir, identity } = await swarm.enroll("web-1", DUE_MS);
    const child = fork(join(import.meta.dirname, "agent-process.ts"), [dir, crash]);
    t.after(() => child.kill("SIGKILL"));
    const [step] = (await once(child, "message")) as [string];
    assert.equal(step, crash);
    child.kill("SIGKILL");
    await once(child, "exit");
    await endsRenewed(t, swarm, dir, identity);
  });
}

const FAULTS = ["findPin", "renewHost", "promotePin", "audited"] as const;
for (const method of FAULTS) {
  for (const when of ["before", "after"] as const) {
    test(`a master whose store fails ${when} ${method}() leaves an agent that ends renewed`, async (t) => {
      const swarm = await openSwarm(t);
      const { dir, identity } = await swarm.enroll("web-1", DUE_MS);
      let failed = 0;
      swarm.meddle({
        [method]: async (...args: unknown[]) => {
          const real = swarm.store[method] as (...args: unknown[]) => Promise<unknown>;
          const fails = failed < 1;
          failed += 1;
          if (fails && when === "before") throw new StoreUnavailable("as if the disk were full");
          const result = await real.apply(swarm.store, args);
          if (fails) throw new StoreUnavailable("as if the answer were lost");
          return result;
        },
      });
      const agent = startAgent(dir);
      t.after(() => agent.stop());
      await agent.renewed;
      await agent.stop();
      assert.ok(failed > 0, "it did fail");
      await assertRenewed(swarm, dir, identity);
    });
  }
}

test("an agent whose next certificate is refused goes on with the current one, and renews", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1", DUE_MS);
  // As if the master had been set back to before it pinned this one.
  const { keyPem, requestPem } = await makeSigningRequest();
  const csr = readSigningRequest(requestPem);
  assert.equal(csr.kind, "accepted");
  const { certificatePem } = await swarm.authority.issueAgent({
    publicKey: csr.publicKey,
    hostUuid: identity.hostUuid,
    nowMs: Date.now(),
    ttlMs: DAY_MS,
  });
  await saveNext(dir, { keyPem, requestPem, certificatePem });
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  await agent.stop();
  const host = await swarm.store.getHost(identity.hostUuid);
  assert.equal(fingerprintIn(await loadIdentity(dir)), host?.fingerprint);
  assert.deepEqual(await swarm.store.listAlarms(), []);
  assert.equal(swarm.refusals.filter((code) => code === "certificate-mismatch").length, 1);
});

test("POST /swarm/renew gives the same key the same certificate, and takes no key twice", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1");
  const call = callerOf(t, identity);
  const { requestPem } = await makeSigningRequest();
  const renew = (csr: string) => call("POST", "/swarm/renew", JSON.stringify({ csr }));
  const first = await renew(requestPem);
  assert.equal(first.status, 200);
  const { certificate, authority } = JSON.parse(first.text) as Record<string, string>;
  assert.equal(authority, swarm.authority.certificatePem);
  assert.deepEqual(JSON.parse((await renew(requestPem)).text), { certificate, authority });
  for (const [body, status, code] of [
    ["{", 400, "body-not-json"],
    ["{}", 422, "body-invalid"],
    [JSON.stringify({ csr: "no request" }), 422, "csr-invalid"],
  ] as const) {
    const answer = await call("POST", "/swarm/renew", body);
    assert.deepEqual([answer.status, answer.headers["decnet-error"]], [status, code]);
  }
});

test("POST /swarm/renew refuses the key of the current certificate, and says so", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1");
  const call = callerOf(t, identity);
  const made = await makeSigningRequest();
  const renew = (by: typeof call) =>
    by("POST", "/swarm/renew", JSON.stringify({ csr: made.requestPem }));
  const { certificate } = JSON.parse((await renew(call)).text) as { certificate: string };
  const renewed = callerOf(t, { ...identity, keyPem: made.keyPem, certificatePem: certificate });
  const refused = await renew(renewed);
  assert.equal(refused.status, 422);
  assert.match(refused.text, /the key is that of the current certificate/);
  const host = await swarm.store.getHost(identity.hostUuid);
  assert.equal(host?.fingerprint, fingerprintOf(new X509Certificate(certificate).raw), "it spoke");
});

test("a host gets six certificates at once at most, then one a minute", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1");
  const call = callerOf(t, identity);
  const statuses: number[] = [];
  for (let n = 0; n < 7; n += 1) {
    const { requestPem } = await makeSigningRequest();
    statuses.push((await call("POST", "/swarm/renew", JSON.stringify({ csr: requestPem }))).status);
  }
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 429]);
});

test("a tombstone's certificate that knocks is an alarm, and gets nothing", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1");
  const call = callerOf(t, identity);
  await swarm.store.decommissionHost(identity.hostUuid, Date.now());
  const before = await swarm.store.listPins(identity.hostUuid);
  const { requestPem } = await makeSigningRequest();
  for (const [path, body] of [
    ["/swarm/heartbeat", heartbeatBody(identity.hostUuid)],
    ["/swarm/renew", JSON.stringify({ csr: requestPem })],
  ] as const) {
    const answer = await call("POST", path, body);
    assert.deepEqual(
      [answer.status, JSON.parse(answer.text)],
      [403, { detail: "host decommissioned" }],
    );
  }
  assert.deepEqual(await swarm.store.listPins(identity.hostUuid), before);
  await swarm.alarms.close();
  const [alarm, ...others] = await swarm.store.listAlarms();
  assert.deepEqual(others, []);
  assert.deepEqual([alarm?.kind, alarm?.count], ["decommissioned-certificate", 2]);
});

test("a long poll that waits while its host renews ends without an alarm", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1");
  const call = callerOf(t, identity);
  const etag = { "if-none-match": '"0"', prefer: "wait=50" };
  const waiting = call("GET", "/swarm/desired", "", etag);
  const second = callerOf(t, identity);
  const made = await makeSigningRequest();
  const answer = await second("POST", "/swarm/renew", JSON.stringify({ csr: made.requestPem }));
  const { certificate } = JSON.parse(answer.text) as { certificate: string };
  const renewed = callerOf(t, { ...identity, keyPem: made.keyPem, certificatePem: certificate });
  assert.equal((await renewed("GET", "/swarm/desired")).status, 200);
  assert.equal((await waiting).status, 304);
  await swarm.alarms.close();
  assert.deepEqual(await swarm.store.listAlarms(), []);
});
