import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeLineage, type Lineage, NEW_LINEAGE, nextLineage } from "./lineage.ts";

/*
 * Properties over random interleavings, each from its own seed, which a failure names. The agent is
 * what src/agent does, reduced to what it keeps and when: the boot is on disk before the first beat,
 * a nonce before it is echoed, and a stale answer makes it raise its boot and send again.
 */

const RUNS = 3_000;

function chanceOf(seed: number) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    happens: (probability: number) => next() < probability,
    below: (limit: number) => Math.floor(next() * limit),
  };
}
type Chance = ReturnType<typeof chanceOf>;

interface Packet {
  readonly boot: number;
  readonly sequence: number;
  readonly echo: string | null;
  readonly body: number;
}

type Answer =
  | { readonly kind: "accepted"; readonly nonce: string | null }
  | { readonly kind: "stale"; readonly boot: number }
  | { readonly kind: "quarantined" };

function createMaster() {
  let stored: Lineage & { boot: number; sequence: number; body: number } = {
    ...NEW_LINEAGE,
    boot: 0,
    sequence: 0,
    body: -1,
  };
  let given = 0;
  const verdicts: string[] = [];
  return {
    verdicts,
    get acknowledged() {
      return stored.acknowledged;
    },
    receive(packet: Packet): Answer {
      if (verdicts.at(-1) === "cloned") return { kind: "quarantined" };
      const verdict = judgeLineage(stored, { ...packet, sameBody: packet.body === stored.body });
      verdicts.push(verdict.kind);
      if (verdict.kind === "cloned") return { kind: "quarantined" };
      if (verdict.kind === "stale") return { kind: "stale", boot: stored.boot };
      if (verdict.kind === "repeated") return { kind: "accepted", nonce: null };
      given += 1;
      const nonce = `n${given}`;
      const { boot, sequence, body, echo } = packet;
      stored = { ...nextLineage(stored, verdict.kind, echo, nonce), boot, sequence, body };
      return { kind: "accepted", nonce };
    },
  };
}
type Master = ReturnType<typeof createMaster>;

interface Disk {
  readonly boot: number;
  readonly kept: { readonly boot: number; readonly nonce: string } | null;
}

/** What happens to a beat on its way, and to the agent when the answer comes. */
interface Weather {
  /** True: it arrives now. Else it is lost, or comes back to be delivered late. */
  arrives(packet: Packet): boolean;
  answered(): boolean;
  /** The agent dies with the answer in hand, before it is on disk. */
  diesBeforeKeeping(): boolean;
}

const FAIR: Weather = {
  arrives: () => true,
  answered: () => true,
  diesBeforeKeeping: () => false,
};

function createAgent(from: Disk = { boot: 0, kept: null }) {
  let disk = from;
  let sequence = 0;
  const agent = {
    get disk() {
      return disk;
    },
    body: 0,
    /** @param rewritten False: power fails between boot and nonce being written. */
    start(rewritten = true): void {
      const { boot, kept } = disk;
      const valid = kept !== null && kept.boot === boot;
      disk = { boot: boot + 1, kept: valid && rewritten ? { ...kept, boot: boot + 1 } : kept };
      sequence = 0;
    },
    restore(snapshot: Disk): void {
      disk = snapshot;
      agent.start();
    },
    /** As a live snapshot of a virtual machine: what is in memory is copied, too. */
    twin() {
      const twin = createAgent(disk);
      twin.adopt(sequence, agent.body);
      return twin;
    },
    adopt(at: number, body: number): void {
      sequence = at;
      agent.body = body;
    },
    beat(master: Master, weather: Weather = FAIR): "accepted" | "quarantined" | "nothing" {
      for (let attempt = 0; attempt < 4; attempt += 1) {
        sequence += 1;
        const { boot, kept } = disk;
        const echo = kept !== null && kept.boot === boot ? kept.nonce : null;
        const packet = { boot, sequence, echo, body: agent.body };
        if (!weather.arrives(packet)) return "nothing";
        const answer = master.receive(packet);
        if (!weather.answered()) return "nothing";
        if (answer.kind === "quarantined") return "quarantined";
        if (answer.kind === "accepted") {
          if (answer.nonce === null) return "nothing";
          if (weather.diesBeforeKeeping()) agent.start();
          else disk = { boot, kept: { boot, nonce: answer.nonce } };
          return "accepted";
        }
        const raised = Math.max(answer.boot, boot) + 1;
        disk = { boot: raised, kept: echo === null ? kept : { boot: raised, nonce: echo } };
        sequence = 0;
      }
      return "nothing";
    },
  };
  return agent;
}

/** Loses, delays and repeats; what it delays lies in `late`. */
function stormOf(chance: Chance, late: Packet[]): Weather {
  return {
    arrives(packet) {
      if (chance.happens(0.15)) late.push(packet);
      if (!chance.happens(0.15)) return true;
      if (chance.happens(0.5)) late.push(packet);
      return false;
    },
    answered: () => !chance.happens(0.2),
    diesBeforeKeeping: () => chance.happens(0.1),
  };
}

function deliverLate(chance: Chance, late: Packet[], master: Master): void {
  const [packet] = late.splice(chance.below(late.length), 1);
  if (packet !== undefined) master.receive(packet);
}

test("one copy is never quarantined, nor called restored, whatever is lost, late, repeated or dies", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const chance = chanceOf(seed);
    const master = createMaster();
    const late: Packet[] = [];
    const storm = stormOf(chance, late);
    const agent = createAgent();
    agent.start();
    for (let step = 0; step < 60; step += 1) {
      if (chance.happens(0.3)) deliverLate(chance, late, master);
      else if (chance.happens(0.15)) agent.start(!chance.happens(0.2));
      else {
        if (chance.happens(0.2)) agent.body += 1;
        agent.beat(master, storm);
      }
    }
    const wrong = ["cloned", "restored", "echo-dropped"].filter((v) => master.verdicts.includes(v));
    assert.deepEqual(wrong, [], `seed ${seed}`);
  }
});

test("one copy is never quarantined when a snapshot is restored, as often as it may be", () => {
  let restored = 0;
  for (let seed = 0; seed < RUNS; seed += 1) {
    const chance = chanceOf(seed);
    const master = createMaster();
    const late: Packet[] = [];
    const storm = stormOf(chance, late);
    const agent = createAgent();
    agent.start();
    let snapshot: Disk | null = null;
    for (let step = 0; step < 80; step += 1) {
      if (chance.happens(0.3)) deliverLate(chance, late, master);
      else if (chance.happens(0.1)) agent.start();
      else if (snapshot === null && chance.happens(0.12)) snapshot = agent.disk;
      else if (snapshot !== null && chance.happens(0.11)) {
        agent.restore(snapshot);
        // No packet outlives its machine: its boot and sequence might be given once more.
        late.length = 0;
      } else agent.beat(master, storm);
    }
    assert.ok(!master.verdicts.includes("cloned"), `seed ${seed}`);
    if (master.verdicts.includes("restored")) restored += 1;
  }
  assert.ok(restored > RUNS / 2, "and it is told as what it is");
});

test("two live copies are quarantined as soon as the one that the other displaced beats again", () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const chance = chanceOf(seed);
    const master = createMaster();
    const late: Packet[] = [];
    const storm = stormOf(chance, late);
    const original = createAgent();
    original.start();
    let snapshot = original.disk;
    const before = chance.below(20);
    for (let step = 0; step < before || master.acknowledged === null; step += 1) {
      if (chance.happens(0.1)) original.start();
      if (chance.happens(0.3)) snapshot = original.disk;
      original.beat(master, step < before ? storm : FAIR);
    }
    // Of what is in memory now, of the disk as it is now, or of the disk as it once was.
    const kind = chance.below(3);
    const copy = kind === 0 ? original.twin() : createAgent(kind === 1 ? original.disk : snapshot);
    if (kind !== 0) copy.start();
    /** Of each, since both were heard. */
    const beats = [0, 0];
    let acceptedLast: number | null = null;
    const accepted = new Set<number>();
    for (;;) {
      const who = chance.below(2);
      const agent = who === 0 ? original : copy;
      if (chance.happens(0.1)) deliverLate(chance, late, master);
      if (chance.happens(0.2)) agent.body += 1;
      if (chance.happens(0.2)) agent.start();
      const due = accepted.size === 2 && acceptedLast !== who;
      const outcome = agent.beat(master);
      if (outcome === "quarantined") break;
      if (accepted.size === 2) beats[who] = (beats[who] ?? 0) + 1;
      assert.ok(!due, `seed ${seed}: displaced, and not noticed`);
      if (outcome === "accepted") {
        accepted.add(who);
        acceptedLast = who;
      }
      assert.ok(Math.min(...beats) < 2, `seed ${seed}: not within two beats of each`);
    }
  }
});
