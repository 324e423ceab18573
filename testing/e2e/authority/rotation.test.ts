import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { enroll } from "../../../src/agent/enroll.ts";
import { loadIdentity } from "../../../src/agent/identity.ts";
import { type Master, startMaster } from "../../../src/master/master.ts";
import { startAgent } from "../identity/agent.ts";
import { callMaster } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, masterOptions } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { behindOf, readAuthoritiesOf, trustIn, until, watchStates } from "./fleet.ts";

/** Renewed after 4 to 6 seconds. */
const LIFE_MS = 10_000;

async function openMasterOn(t: TestContext, ports: Partial<Master> = {}, dir?: string) {
  const dataDir = dir ?? (await temporaryDir(t));
  const on = (port = 0) => ({ host: "127.0.0.1", port });
  const options = masterOptions(dataDir, {
    agentPlane: on(ports.agentPort),
    enrollment: on(ports.enrollmentPort),
    heartbeatIntervalMs: 1000,
    agentCertificateTtlMs: LIFE_MS,
  });
  const master = await startMaster(options);
  t.after(() => master.close());
  return { master, dataDir };
}

const mint = async (master: Master): Promise<string> => {
  const { json } = await callMaster(master, "POST", "/api/v1/tokens", {});
  return (json as { secret: string }).secret;
};
const retire = (master: Master, confirmFingerprint: string, force = false) =>
  callMaster(master, "POST", "/api/v1/authorities/retire", { confirmFingerprint, force });
const codeOf = ({ json }: { readonly json: unknown }) =>
  (json as { error?: { code: string; message: string } }).error;

test("a swarm moves to a new authority, over restarts on both sides, and nobody falls silent", async (t) => {
  const opened = await openMasterOn(t);
  const { dataDir } = opened;
  let current: Master | null = opened.master;
  const first = opened.master;
  const root = await temporaryDir(t);
  const dirOf = (name: string) => join(root, name);
  const run = (name: string) => {
    const agent = startAgent(dirOf(name));
    t.after(() => agent.stop());
    return agent;
  };
  const states = watchStates(() => current);

  await enrollHost(t, first, "web-1", dirOf("web-1"));
  await enrollHost(t, first, "web-2", dirOf("web-2"));
  await enrollHost(t, first, "off", dirOf("off"));
  run("web-1");
  const second = run("web-2");
  const oldToken = await mint(first);
  const [old] = (await readAuthoritiesOf(first)).items.map(({ fingerprint }) => fingerprint);
  assert.ok(old !== undefined);
  assert.equal((await retire(first, old)).status, 409, "there is nothing to retire yet");

  const rotated = await callMaster(first, "POST", "/api/v1/authorities/rotate");
  assert.equal(rotated.status, 201);
  const again = await callMaster(first, "POST", "/api/v1/authorities/rotate");
  assert.equal(codeOf(again)?.code, "rotation-under-way");
  const [newest] = (await readAuthoritiesOf(first)).items.map(({ fingerprint }) => fingerprint);
  assert.ok(newest !== undefined && newest !== old);
  const early = await retire(first, old);
  assert.equal(early.status, 409);
  assert.equal(codeOf(early)?.code, "hosts-left-behind");
  assert.match(codeOf(early)?.message ?? "", /off/);

  const joining = { hostName: null, agentVersion: "test", nowMs: Date.now() };
  await enroll({ ...joining, tokenText: oldToken, dir: dirOf("early"), hostName: "early" });
  assert.deepEqual(await trustIn(dirOf("early")).then(({ trusted }) => trusted), [newest, old]);
  await enrollHost(t, first, "late", dirOf("late"));
  assert.deepEqual(await trustIn(dirOf("late")).then(({ trusted }) => trusted), [newest]);
  run("early");
  run("late");

  // Known to all before anybody has renewed: then the master restarts, and then an agent.
  await until(async () => (await trustIn(dirOf("web-2"))).trusted.length === 2);
  current = null;
  await first.close();
  const { master } = await openMasterOn(t, first, dataDir);
  current = master;
  assert.deepEqual(
    (await readAuthoritiesOf(master)).items.map(({ fingerprint, role }) => [fingerprint, role]),
    [
      [newest, "newest"],
      [old, "old"],
    ],
  );
  await second.stop();
  run("web-2");

  await until(async () => (await behindOf(master)).join() === "off");
  const { rotation } = await readAuthoritiesOf(master);
  assert.deepEqual(rotation, { hosts: 5, renewed: 4, learned: 4 });
  const refused = await retire(master, old);
  assert.match(codeOf(refused)?.message ?? "", /: off$/);
  assert.equal((await retire(master, newest, true)).status, 409, "another than was meant");

  const path = join(dataDir, "authority", "authority.pem");
  const both = await readFile(path, "utf8");
  assert.equal((await retire(master, old, true)).status, 200);
  const one = await readFile(path, "utf8");
  assert.equal(both.match(/BEGIN PRIVATE KEY/g)?.length, 2);
  assert.equal(one.match(/BEGIN PRIVATE KEY/g)?.length, 1);
  assert.ok(both.startsWith(one), "the newest alone is left");

  const renewing = ["web-1", "web-2", "early", "late"];
  await until(async () => {
    const trusts = await Promise.all(renewing.map((name) => trustIn(dirOf(name))));
    return trusts.every(({ trusted }) => trusted.join() === newest);
  });
  // A whole renewal under the newest alone.
  const before = await trustIn(dirOf("web-1"));
  await until(async () => (await trustIn(dirOf("web-1"))).fingerprint !== before.fingerprint);
  assert.deepEqual(
    await states.stop(),
    Object.fromEntries(renewing.map((name) => [name, ["active"]])),
  );
  const actions = await callMaster(master, "GET", "/api/v1/audit?action=authority&limit=9");
  const rows = (actions.json as { items: { action: string; outcome: string; target: string }[] })
    .items;
  assert.deepEqual(
    rows.map(({ action, outcome, target }) => [action, outcome, target]),
    [
      ["authority.retire", "ok", old],
      ["authority.retire", "rotation-not-under-way", newest],
      ["authority.retire", "hosts-left-behind", old],
      ["authority.retire", "hosts-left-behind", old],
      ["authority.rotate", "rotation-under-way", newest],
      ["authority.rotate", "ok", old],
      ["authority.retire", "rotation-not-under-way", old],
    ],
  );

  // Off all the time: it cannot tell this master from another any more, and says nothing to it.
  const off = await loadIdentity(dirOf("off"));
  assert.ok(off !== null);
  const call = callerOf(t, off);
  await assert.rejects(call("POST", "/swarm/heartbeat", heartbeatBody(off.hostUuid)));
  await callMaster(master, "POST", "/api/v1/hosts/off/decommission", { confirmName: "off" });
  const anew = await enrollHost(t, master, "off", dirOf("off-again"));
  assert.notEqual(anew.hostUuid, off.hostUuid);
  assert.deepEqual(await trustIn(dirOf("off-again")).then(({ trusted }) => trusted), [newest]);
});
