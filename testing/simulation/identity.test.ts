import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beat,
  enroll,
  event,
  everything,
  fingerprint,
  reported,
  T0,
} from "../../src/store/conformance/fixture.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import type { Store } from "../../src/store/store.ts";
import { type Chance, createChance } from "./chance.ts";

/*
 * Random lives of identities: hosts enroll, beat, renew, are copied, run out, recover, are released,
 * decommissioned and swept up; anybody uses any certificate that ever was, also for other hosts.
 */

const SEEDS = [1, 2, 3, 4, 5, 6];
const STEPS = 500;
const HOUR_MS = 3_600_000;

interface World {
  readonly store: Store;
  readonly chance: Chance;
  readonly hosts: string[];
  /** Every certificate that ever was, by label. */
  readonly certificates: string[];
  /** Newest nonce of each copy: two for a host that was cloned. */
  readonly echoes: Map<string, string[]>;
  readonly gone: Set<string>;
  nowMs: number;
  made: number;
}

interface Outcome {
  readonly kind: string;
  readonly code?: string;
  /** Whose certificate spoke; null for what operators do. */
  readonly by: string | null;
  /** Whom it claimed to be; null if it claimed nobody. */
  readonly claimed: string | null;
  /** Refused, and the host brought into quarantine by it: the one refusal that writes. */
  readonly quarantined?: boolean;
}

const pick = <T>({ chance }: World, from: readonly T[]): T =>
  from[chance.between(0, from.length - 1)] ?? assert.fail();

function certificateOf(world: World) {
  world.made += 1;
  const label = `c${world.made}`;
  world.certificates.push(label);
  return {
    fingerprint: fingerprint(label),
    publicKey: `key of ${label}`,
    certificatePem: label,
    notAfterMs: world.nowMs + world.chance.between(1, 100) * HOUR_MS,
  };
}

async function beats(world: World): Promise<Outcome> {
  const { store, chance } = world;
  const by = pick(world, world.certificates);
  const owner = (await store.findPin(fingerprint(by)))?.host ?? assert.fail();
  const claimed = chance.happens(0.9) ? owner.uuid : pick(world, world.hosts);
  const copies = world.echoes.get(owner.uuid) ?? [];
  const copy = chance.between(0, Math.max(0, copies.length - 1));
  world.made += 1;
  const nonce = `n${world.made}`;
  const newBoot = chance.happens(0.3);
  const claim = beat(claimed, [reported(`decky of ${owner.uuid}`)], {
    fingerprint: fingerprint(by),
    arrivedMs: world.nowMs,
    boot: chance.happens(0.1) ? 1 : owner.boot + (newBoot ? 1 : 0) || 1,
    sequence: newBoot ? 1 : owner.sequence + 1,
    echo: copies[copy] ?? null,
    nonce,
    // As a digest of the body would, it tells whom the body claims.
    bodyDigest: `${claimed} ${chance.between(1, 3)}`,
  });
  const [outcome] = await store.commitHeartbeats([claim]);
  assert.ok(outcome !== undefined);
  if (outcome.kind === "accepted") {
    if (outcome.repeated !== true) copies[copy] = nonce;
    world.echoes.set(owner.uuid, copies);
    return { kind: "accepted", by, claimed };
  }
  const quarantined = outcome.quarantined !== undefined;
  return { kind: "refused", code: outcome.code, by, claimed, quarantined };
}

const ACTS: Readonly<Record<string, (world: World) => Promise<Outcome | null>>> = {
  async enroll(world) {
    if (world.hosts.length >= 6) return null;
    const name = `h${world.hosts.length}`;
    await enroll(world.store, name);
    world.hosts.push(name);
    world.certificates.push(name);
    return null;
  },
  beat: beats,
  beatAgain: beats,
  beatOnceMore: beats,
  async renew(world) {
    const by = pick(world, world.certificates);
    const next = certificateOf(world);
    const use = { fingerprint: fingerprint(by), nowMs: world.nowMs, next };
    const outcome = await world.store.renewHost(use);
    if (outcome.kind === "refused" || outcome.again) world.certificates.pop();
    return { ...outcome, by, claimed: null };
  },
  async ask(world) {
    const by = pick(world, world.certificates);
    const use = { fingerprint: fingerprint(by), nowMs: world.nowMs };
    return { ...(await world.store.promotePin(use)), by, claimed: null };
  },
  async send(world) {
    const by = pick(world, world.certificates);
    const claimed = pick(world, world.hosts);
    world.made += 1;
    const events = [event(world.made, claimed, `decky of ${claimed}`)];
    const batch = { fingerprint: fingerprint(by), nowMs: world.nowMs, events };
    const outcome = await world.store.appendEvents(batch);
    return { ...outcome, by, claimed: null };
  },
  async leave(world) {
    const by = pick(world, world.certificates);
    const use = { fingerprint: fingerprint(by), nowMs: world.nowMs };
    return { ...(await world.store.leaveHost(use)), by, claimed: null };
  },
  async recover(world) {
    const by = pick(world, world.certificates);
    const hostUuid = pick(world, world.hosts);
    const next = certificateOf(world);
    const outcome = await world.store.recoverHost({
      hostUuid,
      fingerprint: fingerprint(by),
      nowMs: world.nowMs,
      bounds: { most: 3, withinMs: 1000 * HOUR_MS },
      next,
    });
    if (outcome.kind === "refused" || outcome.again) world.certificates.pop();
    return { ...outcome, by, claimed: hostUuid };
  },
  async clone(world) {
    const copies = world.echoes.get(pick(world, world.hosts));
    if (copies?.length === 1) copies.push(...copies);
    return null;
  },
  async release(world) {
    const outcome = await world.store.releaseHost(pick(world, world.hosts), world.nowMs);
    return outcome.kind === "refused" ? { ...outcome, by: null, claimed: null } : null;
  },
  async decommission(world) {
    if (!world.chance.happens(0.15)) return null;
    const uuid = pick(world, world.hosts);
    await world.store.decommissionHost(uuid, world.nowMs);
    world.gone.add(uuid);
    return null;
  },
  async sweep(world) {
    const { store, nowMs } = world;
    await store.sweep({ nowMs, silentBeforeMs: nowMs - HOUR_MS, purgeBeforeMs: nowMs });
    await store.trimChanges(50);
    return null;
  },
  async wait(world) {
    world.nowMs += world.chance.between(1, 60) * HOUR_MS;
    return null;
  },
};

const pinsOf = async ({ store, hosts }: World) =>
  Promise.all(hosts.map(async (uuid) => ({ uuid, pins: await store.listPins(uuid) })));

async function assertWhole(world: World): Promise<void> {
  for (const { uuid, pins } of await pinsOf(world)) {
    const host = (await world.store.getHost(uuid)) ?? assert.fail();
    const inSlot = (wanted: string) =>
      pins.filter(({ slot }) => slot === wanted).map((pin) => pin.fingerprint);
    const gone = host.state === "decommissioned";
    assert.equal(gone, world.gone.has(uuid), "a tombstone is for ever, and nothing else is one");
    assert.deepEqual(inSlot("current"), gone ? [] : [host.fingerprint]);
    assert.deepEqual(inSlot("next"), host.nextFingerprint === null ? [] : [host.nextFingerprint]);
  }
}

for (const seed of SEEDS) {
  test(`no refusal changes a row and no tombstone speaks, whatever happens (seed ${seed})`, async () => {
    const store = openSqliteStore(":memory:");
    const world: World = {
      store,
      chance: createChance(seed),
      hosts: [],
      certificates: [],
      echoes: new Map(),
      gone: new Set(),
      nowMs: T0,
      made: 0,
    };
    const seen = new Map<string, number>();
    await ACTS["enroll"]?.(world);
    for (let step = 0; step < STEPS; step += 1) {
      const act = pick(world, Object.keys(ACTS));
      const before = { rows: await everything(store), pins: await pinsOf(world) };
      const owners = new Map<string, Awaited<ReturnType<Store["findPin"]>>>();
      for (const label of world.certificates) {
        owners.set(label, await store.findPin(fingerprint(label)));
      }
      const outcome = await ACTS[act]?.(world);
      await assertWhole(world);
      if (outcome === null || outcome === undefined) continue;
      const word = `seed ${seed}, step ${step}: ${act} ${JSON.stringify(outcome)}`;
      const key = outcome.kind === "refused" ? String(outcome.code) : `${act} accepted`;
      seen.set(key, (seen.get(key) ?? 0) + 1);
      if (outcome.kind === "refused") {
        if (outcome.quarantined === true) continue;
        assert.deepEqual(
          { rows: await everything(store), pins: await pinsOf(world) },
          before,
          word,
        );
        continue;
      }
      const owner = owners.get(outcome.by ?? "");
      assert.ok(owner !== undefined && owner !== null, word);
      assert.equal(["decommissioned", "quarantined"].includes(owner.host.state), false, word);
      assert.notEqual(owner.slot, "retired", word);
      if (outcome.claimed !== null) assert.equal(owner.host.uuid, outcome.claimed, word);
    }
    for (const expected of [
      "beat accepted",
      "renew accepted",
      "certificate-mismatch",
      "host-decommissioned",
    ]) {
      assert.ok((seen.get(expected) ?? 0) > 0, `${expected} never came about`);
    }
    await store.close();
  });
}
