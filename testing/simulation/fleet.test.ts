import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import type { Change } from "../../src/domain/change.ts";
import { SILENT_WITHIN_MS, silenceMs } from "../../src/domain/liveness.ts";
import { silentLog } from "../../src/domain/log.ts";
import { createVirtualClock } from "../../src/domain/virtual-clock.ts";
import { createHostBell } from "../../src/master/agent-plane/host-bell.ts";
import { createAgentPlane } from "../../src/master/agent-plane/plane.ts";
import { type SilenceWatch, startSilenceWatch } from "../../src/master/watch.ts";
import { enroll } from "../../src/store/conformance/fixture.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { createChance } from "./chance.ts";
import { createNetwork } from "./network.ts";
import { createSimAgent, type SimAgent } from "./sim-agent.ts";

/*
 * A day of 200 agents, in one process, under a virtual clock: packets are lost, late and repeated,
 * agents lose power and come back, deckies come and go, hosts are decommissioned, the master
 * restarts, and at last some machines are cloned. P1 to P10 are checked as it goes.
 * DECNET_SIMULATION_SEED replays a run.
 */

const AGENTS = 200;
const INTERVAL_MS = 30_000;
const CLONES = 5;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const YEAR = 365 * DAY;
const START = Date.UTC(2026, 0, 1);
const seed = Number(process.env["DECNET_SIMULATION_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

test(`a day of ${AGENTS} agents keeps P1 to P10 (replay: DECNET_SIMULATION_SEED=${seed})`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const chance = createChance(seed);
  const clock = createVirtualClock(START, () => new Promise((resolve) => setImmediate(resolve)));
  const store = openSqliteStore(":memory:");
  const network = createNetwork(clock, chance);
  const faults: string[] = [];
  const fault = (text: string) => {
    if (faults.length < 20) faults.push(`${(clock.nowMs() - START) / 1000} s: ${text}`);
  };

  let watch: SilenceWatch | null = null;
  let masterUpMs = 0;
  let draws = 0;
  const startMaster = () => {
    masterUpMs = clock.nowMs();
    const round = startSilenceWatch({
      store,
      clock,
      log: silentLog,
      heartbeatIntervalMs: INTERVAL_MS,
    });
    watch = round;
    network.plane = createAgentPlane({
      store,
      clock,
      log: silentLog,
      bell: createHostBell(store),
      random: (outputLength) =>
        createHash("shake256", { outputLength }).update(String(++draws)).digest(),
      defer: queueMicrotask,
      heartbeatIntervalMs: INTERVAL_MS,
      pace: { burst: 60, perSecond: 5 },
      personaSeed: () => "00".repeat(32),
      renewal: null,
      trusted: null,
      observe: {
        seen() {},
        refused(code) {
          refusals.set(code, (refusals.get(code) ?? 0) + 1);
          if (code === "store-unavailable" || code === "internal") fault(`refused: ${code}`);
        },
        problem() {},
        events() {},
      },
    });
  };
  const refusals = new Map<string, number>();

  // P6, P8: at the moment of a 204, the store holds this very report.
  const accepted = { beats: 0 };
  const pending: Promise<void>[] = [];
  const onAccepted = (agent: SimAgent) => {
    accepted.beats += 1;
    if (agent.version === (checked.get(agent.uuid) ?? 0)) return;
    checked.set(agent.uuid, agent.version);
    pending.push(checkRows(agent, agent.version, new Map(agent.deckies)));
  };
  const checked = new Map<string, number>();
  async function checkRows(agent: SimAgent, version: number, deckies: Map<string, boolean>) {
    const host = await store.getHost(agent.uuid);
    // The report that was accepted may be one change behind: then its own check follows.
    if (host?.agentVersion !== `v${version}`) {
      checked.delete(agent.uuid);
      return;
    }
    const shown = (await store.listShards(agent.uuid)).filter(({ state }) => state !== "absent");
    const wanted = [...deckies]
      .filter(([name]) => !name.startsWith("contested"))
      .map(([name, up]) => `${name} ${up ? "running" : "degraded"}`);
    const got = shown
      .filter(({ name }) => !name.startsWith("contested"))
      .map(({ name, state }) => `${name} ${state}`);
    if (got.toSorted().join() !== wanted.toSorted().join()) {
      fault(`P6: ${agent.uuid} reported [${wanted.join()}], shown [${got.join()}]`);
    }
  }

  const agents: SimAgent[] = [];
  for (let n = 0; n < AGENTS; n += 1) {
    const uuid = `host-${String(n).padStart(3, "0")}`;
    await enroll(store, uuid);
    agents.push(
      createSimAgent({
        uuid,
        clock,
        skewMs: chance.happens(0.2) ? chance.between(-YEAR, YEAR) : chance.between(-500, 500),
        chance,
        network,
        onAccepted,
      }),
    );
  }
  const agentOf = new Map(agents.map((agent) => [agent.uuid, agent]));

  // P2, P3, P5, P7 are read off the journal, change by change.
  const tombstones = new Set<string>();
  const cloned = new Set<string>();
  const versions = new Map<string, number>();
  const silentSince = new Map<string, number>();
  let silences = 0;
  let readTo = await store.headSeq();
  function judge(change: Change): void {
    if (change.topic === "shard") {
      const { name, hostUuid, config } = change.body;
      if (tombstones.has(hostUuid)) fault(`P3: a shard of the tombstone ${hostUuid} was written`);
      if (name.startsWith("host-") && !name.startsWith(hostUuid)) {
        fault(`P2: ${hostUuid} has ${name}`);
      }
      const version = config?.last_mutated ?? 0;
      const key = `${hostUuid} ${name}`;
      if (version < (versions.get(key) ?? 0)) fault(`P5: ${name} went back to ${version}`);
      versions.set(key, version);
    }
    if (change.topic !== "host") return;
    const host = change.body;
    if (tombstones.has(host.uuid) && host.state !== "decommissioned") {
      fault(`P3: ${host.uuid} came back as ${host.state}`);
    }
    if (host.state === "decommissioned") tombstones.add(host.uuid);
    if (host.state === "quarantined" && !cloned.has(host.uuid)) {
      fault(`P10: ${host.uuid} was quarantined, and there is but one of it`);
    }
    if (host.state !== "silent") {
      silentSince.delete(host.uuid);
      return;
    }
    silences += 1;
    silentSince.set(host.uuid, change.atMs);
    const agent = agentOf.get(host.uuid);
    const unheardMs = change.atMs - Math.max(agent?.acceptedMs ?? 0, masterUpMs);
    if (unheardMs < silenceMs(INTERVAL_MS)) {
      fault(`P7: ${host.uuid} was called silent after ${unheardMs} ms`);
    }
    if (Math.abs((host.lastSeenMs ?? 0) - change.atMs) > DAY) {
      fault(`P9: ${host.uuid} was last seen at ${host.lastSeenMs}, an agent's time`);
    }
  }
  async function readJournal(): Promise<void> {
    for (;;) {
      const changes = (await store.changesAfter(readTo, 1000)) ?? assert.fail("journal lost");
      for (const change of changes) {
        if (change.seq !== readTo + 1) fault(`P11: ${change.seq} follows ${readTo}`);
        readTo = change.seq;
        judge(change);
      }
      if (changes.length < 1000) return;
    }
  }
  /** P7, the other way round: who has not been heard for 90 s while the master was up is shown so. */
  function checkSilence(): void {
    const nowMs = clock.nowMs();
    for (const agent of agents) {
      if (network.plane === null || agent.acceptedMs === 0 || tombstones.has(agent.uuid)) continue;
      const unheardMs = nowMs - Math.max(agent.acceptedMs, masterUpMs);
      if (unheardMs > SILENT_WITHIN_MS && !silentSince.has(agent.uuid)) {
        fault(`P7: ${agent.uuid} unheard for ${unheardMs} ms and not silent`);
      }
    }
  }

  startMaster();
  for (const agent of agents) {
    agent.change((deckies) => {
      for (let n = chance.between(0, 4); n > 0; n -= 1) deckies.set(`${agent.uuid}-${n}`, true);
    });
    agent.start();
  }

  const restartAtMinute = chance.between(300, 1100);
  const downMinutes = chance.between(1, 10);
  for (let minute = 0; minute < DAY / MINUTE; minute += 1) {
    const pick = () => agents[chance.between(0, AGENTS - 1)] ?? assert.fail();
    for (let n = 0; n < 3; n += 1) {
      const agent = pick();
      agent.change((deckies) => {
        const name = `${agent.uuid}-${chance.between(1, 5)}`;
        if (chance.happens(0.3)) deckies.delete(name);
        else deckies.set(name, chance.happens(0.7));
      });
    }
    if (chance.happens(0.2)) {
      const thief = pick();
      thief.change((deckies) => {
        if (!deckies.delete("contested")) deckies.set("contested", true);
      });
    }
    if (chance.happens(0.15)) pick().stop();
    for (const agent of agents) if (!agent.alive && chance.happens(0.1)) agent.start();
    if (minute % 97 === 96) {
      const gone = pick();
      const before = await store.listShards(gone.uuid);
      await store.decommissionHost(gone.uuid, clock.nowMs());
      assert.deepEqual(await store.listShards(gone.uuid), [], `had ${before.length}`);
    }
    if (minute === restartAtMinute) {
      network.plane = null;
      const stopping = watch as SilenceWatch | null;
      await stopping?.close();
    }
    if (minute === restartAtMinute + downMinutes) startMaster();
    for (let step = 0; step < 4; step += 1) {
      await clock.advance(MINUTE / 4);
      await readJournal();
      checkSilence();
    }
    await Promise.all(pending.splice(0));
    if (faults.length > 0) break;
  }

  assert.deepEqual(faults, []);
  for (const agent of agents) {
    if (agent.ended === "decommissioned") assert.ok(tombstones.has(agent.uuid));
  }
  for (const uuid of tombstones) assert.deepEqual(await store.listShards(uuid), [], "P1");

  assert.deepEqual(await store.listAlarms(), [], "P10: nothing looked like a copy");
  const originals = agents.filter(({ alive, disk }) => alive && disk.nonce !== null);
  for (const { uuid, disk, version, deckies } of originals.slice(0, CLONES)) {
    cloned.add(uuid);
    const onAccepted = () => {};
    const copy = createSimAgent({ uuid, disk, clock, skewMs: 0, chance, network, onAccepted });
    copy.version = version;
    for (const [name, up] of deckies) copy.deckies.set(name, up);
    agents.push(copy);
    copy.start();
  }
  // Some of these beats are lost, too.
  await clock.advance(8 * INTERVAL_MS);
  await readJournal();
  assert.deepEqual(faults, []);
  const hosts = await store.listHosts();
  const isolated = hosts.filter(({ state }) => state === "quarantined").map(({ uuid }) => uuid);
  assert.deepEqual(isolated.toSorted(), [...cloned].toSorted(), "P10: all copies, nobody else");
  const stopping = watch as SilenceWatch | null;
  await stopping?.close();
  for (const agent of agents) agent.stop();
  const { sent, lost, repeated } = network.counts;
  t.diagnostic(
    `${sent} requests, ${lost} lost, ${repeated} late copies, ${accepted.beats} accepted, ` +
      `${silences} silences, ${tombstones.size} tombstones, refusals ${JSON.stringify([...refusals])}`,
  );
  assert.ok(accepted.beats > 300_000, "the day had too few heartbeats to mean anything");
  assert.ok(silences > 50 && tombstones.size > 5 && lost > 1000 && repeated > 1000);
  assert.ok((refusals.get("heartbeat-stale") ?? 0) > 1000, "late copies were refused");
  await store.close();
});
