import assert from "node:assert/strict";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { connect } from "node:tls";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { decnet } from "../decnet.ts";
import { callMaster } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, openMaster, tlsOf } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { accepted, copyOf, INTERVAL_MS, quarantined, startCopy } from "./copy.ts";

type OpenMaster = Awaited<ReturnType<typeof openMaster>>;

const openSwarm = (t: TestContext, dataDir?: string) =>
  openMaster(t, { heartbeatIntervalMs: INTERVAL_MS, ...(dataDir !== undefined && { dataDir }) });

/** A host whose data directory is the test's to copy. */
async function enrollAt(t: TestContext, master: OpenMaster, name: string) {
  const dir = `${await temporaryDir(t)}/agent`;
  return { dir, identity: await enrollHost(t, master, name, dir) };
}

async function hostOf(master: OpenMaster, name: string): Promise<ApiHost> {
  return (await callMaster(master, "GET", `/api/v1/hosts/${name}`)).json as ApiHost;
}

const release = (master: OpenMaster, name: string) =>
  callMaster(master, "POST", `/api/v1/hosts/${name}/release`, { confirmName: name });

test("P10: two live copies of a data directory are noticed, and their host alone quarantined", async (t) => {
  const data = await temporaryDir(t);
  const master = await openSwarm(t, join(data, "master"));
  const alpha = await enrollAt(t, master, "alpha");
  const beta = await enrollAt(t, master, "beta");
  const sibling = await startCopy(t, beta.dir);
  const original = await startCopy(t, alpha.dir);
  await original.until(accepted(3));

  const idle = connect(tlsOf(alpha.identity) as never);
  idle.on("error", () => {});
  await once(idle, "secureConnect");
  const cut = once(idle, "close");
  const copy = await startCopy(t, await copyOf(t, alpha.dir));
  await copy.until(accepted(1));
  const before = [original.beats.length, copy.beats.length];
  await Promise.any([original.until(quarantined), copy.until(quarantined)]);
  // A beat that finds itself stale is sent once more, with a newer boot: still one beat.
  const since = [original, copy].map(({ beats }, n) =>
    beats.slice(before[n]).filter((beat) => beat !== "heartbeat-stale"),
  );
  for (const beats of since) {
    assert.ok(beats.length <= 2, `within two beats: ${since.map(String).join(" | ")}`);
  }
  await Promise.all([original.until(quarantined), copy.until(quarantined)]);
  await cut;

  const host = await hostOf(master, "alpha");
  assert.equal(host.state, "quarantined");
  assert.match(host.quarantineReason ?? "", /^two live copies of its identity/);
  const seen = sibling.beats.length;
  await sibling.until((beats) => beats.length > seen + 1);
  assert.ok(sibling.beats.every((beat) => beat === "accepted"));
  assert.equal((await hostOf(master, "beta")).state, "active");

  // Both ask on, in vain, until one is stopped and the other released.
  await copy.stop();
  const refused = original.beats.length;
  await original.until((beats) => beats.length > refused);
  assert.equal(original.beats.at(-1), "host-quarantined");
  const shown = await decnet(["host", "show", "alpha", "--data", data]);
  assert.match(shown.stdout, /state +quarantined/);
  assert.match(shown.stdout, /because +two live copies/);
  const unsure = await decnet(["host", "release", "alpha", "--confirm", "beta", "--data", data]);
  assert.equal(unsure.code, 2, unsure.stderr);
  const done = await decnet(["host", "release", "alpha", "--confirm", "alpha", "--data", data]);
  assert.match(done.stdout, /^Released alpha/, done.stderr);
  const released = original.beats.length;
  await original.until((beats) => accepted(3)(beats.slice(released)));
  assert.equal((await hostOf(master, "alpha")).state, "active");
  const again = await decnet(["host", "release", "alpha", "--confirm", "alpha", "--data", data]);
  assert.match(again.stderr, /\[host-not-quarantined\]/);
});

test("P10: a host that was released while both copies live is quarantined again", async (t) => {
  const master = await openSwarm(t);
  const alpha = await enrollAt(t, master, "alpha");
  const original = await startCopy(t, alpha.dir);
  await original.until(accepted(2));
  const copy = await startCopy(t, await copyOf(t, alpha.dir));
  await Promise.all([original.until(quarantined), copy.until(quarantined)]);
  await release(master, "alpha");
  const [a, b] = [original.beats.length, copy.beats.length];
  await Promise.all([
    original.until((beats) => quarantined(beats.slice(a + 1))),
    copy.until((beats) => quarantined(beats.slice(b + 1))),
  ]);
  assert.equal((await hostOf(master, "alpha")).state, "quarantined");
});

test("P10: a restored snapshot goes on alone, as often as it is restored", async (t) => {
  const master = await openSwarm(t);
  const alpha = await enrollAt(t, master, "alpha");
  const original = await startCopy(t, alpha.dir);
  await original.until(accepted(2));
  const snapshot = await copyOf(t, alpha.dir);
  await original.until(accepted(5));
  await original.stop();
  for (let round = 0; round < 2; round += 1) {
    const restored = await startCopy(t, await copyOf(t, snapshot));
    await restored.until(accepted(3));
    await restored.stop();
    assert.ok(!quarantined(restored.beats), restored.beats.join());
    assert.equal((await hostOf(master, "alpha")).state, "active");
  }
  assert.ok(!quarantined(original.beats));
});

test("P10: an agent that lost what it kept goes on", async (t) => {
  const master = await openSwarm(t);
  const alpha = await enrollAt(t, master, "alpha");
  for (const lost of [["lineage"], ["boot"], ["boot", "lineage"]]) {
    const agent = await startCopy(t, alpha.dir);
    await agent.until(accepted(3));
    await agent.stop();
    assert.ok(!quarantined(agent.beats), agent.beats.join());
    for (const name of lost) await rm(`${alpha.dir}/${name}`);
  }
  assert.equal((await hostOf(master, "alpha")).state, "active");
});

test("P10: a stolen key that goes above the accepted boot, or drops the echo, does not hide", async (t) => {
  const master = await openSwarm(t);
  for (const thief of [
    (boot: number) => ({ "decnet-boot": String(boot + 100), "decnet-sequence": "1" }),
    () => ({}),
  ]) {
    const name = `host-${thief.length}`;
    const { dir, identity } = await enrollAt(t, master, name);
    const original = await startCopy(t, dir);
    await original.until(accepted(2));
    const { boot } = await hostOf(master, name);
    const body = heartbeatBody(identity.hostUuid, ["planted"]);
    const stolen = await callerOf(t, identity)("POST", "/swarm/heartbeat", body, thief(boot));
    assert.equal(stolen.status, 204, "one beat alone may be a restart");
    await original.until(quarantined);
    assert.equal((await hostOf(master, name)).state, "quarantined");
  }
});

test("P10: no other host can bring one into quarantine", async (t) => {
  const master = await openSwarm(t);
  const alpha = await enrollAt(t, master, "alpha");
  const beta = await enrollAt(t, master, "beta");
  const original = await startCopy(t, alpha.dir);
  await original.until(accepted(2));
  const body = heartbeatBody(alpha.identity.hostUuid);
  const other = callerOf(t, beta.identity);
  for (const headers of [
    {},
    { "decnet-boot": "900", "decnet-sequence": "1" },
    { "decnet-boot": "901", "decnet-sequence": "1", "decnet-echo": "a".repeat(22) },
  ]) {
    const answer = await other("POST", "/swarm/heartbeat", body, headers);
    assert.equal(answer.headers["decnet-error"], "certificate-mismatch");
  }
  const seen = original.beats.length;
  await original.until((beats) => beats.length > seen + 1);
  assert.ok(original.beats.every((beat) => beat === "accepted"));
});

test("an echo that is malformed, or without a place, is refused", async (t) => {
  const master = await openSwarm(t);
  const { identity } = await enrollAt(t, master, "alpha");
  const call = callerOf(t, identity);
  const body = heartbeatBody(identity.hostUuid);
  const place = { "decnet-boot": "1", "decnet-sequence": "1" };
  for (const headers of [
    { "decnet-echo": "a".repeat(22) },
    { ...place, "decnet-echo": "short" },
    { ...place, "decnet-echo": `${"a".repeat(21)}!` },
  ]) {
    const answer = await call("POST", "/swarm/heartbeat", body, headers);
    assert.deepEqual([answer.status, answer.headers["decnet-error"]], [400, "header-invalid"]);
  }
  const first = await call("POST", "/swarm/heartbeat", body, place);
  assert.match(String(first.headers["decnet-nonce"]), /^[A-Za-z0-9_-]{22}$/);
  const again = await call("POST", "/swarm/heartbeat", body, place);
  assert.deepEqual([again.status, again.headers["decnet-nonce"]], [204, undefined]);
});
