import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock, type VirtualClock } from "../domain/virtual-clock.ts";
import { createHeartbeatLoop } from "./heartbeat-loop.ts";
import { nextSlotMs, phaseOf } from "./phase.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import type { AgentRequest } from "./transport.ts";

const START_MS = 1_800_000_000_000;
const ACCEPTED: ScriptedAnswer = { status: 204 };
const DECOMMISSIONED: ScriptedAnswer = {
  status: 403,
  headers: { "decnet-error": "host-decommissioned" },
  body: '{"detail":"host decommissioned"}',
};

interface Beat {
  readonly atMs: number;
  readonly request: AgentRequest;
}

/** One loop on a virtual clock, against `answer`. */
function start(
  answer: (
    index: number,
    request: AgentRequest,
    clock: VirtualClock,
  ) => ScriptedAnswer | Promise<ScriptedAnswer>,
  hostUuid = "11111111-2222-4333-8444-555555555555",
) {
  const clock = createVirtualClock(START_MS);
  const beats: Beat[] = [];
  const lines: string[] = [];
  const transport = createScriptedTransport((request, index) => {
    beats.push({ atMs: clock.nowMs(), request });
    return answer(index, request, clock);
  });
  const status = { body: '{"a":1}' };
  let boot = 5;
  let nonce: string | null = null;
  const stop = new AbortController();
  const loop = createHeartbeatLoop({
    hostUuid,
    body: () => status.body,
    boot: {
      get number() {
        return boot;
      },
      raise: (to) => {
        boot = to;
        return Promise.resolve();
      },
    },
    lineage: {
      get nonce() {
        return nonce;
      },
      keep: (next) => {
        nonce = next;
        return Promise.resolve();
      },
    },
    transport,
    clock,
    random: () => 0.5,
    log: { ...silentLog, warn: (line) => lines.push(line), info: (line) => lines.push(line) },
  });
  const end = loop.run(stop.signal);
  const headers = (name: string) => beats.map((beat) => beat.request.headers?.[name]);
  return { clock, beats, lines, status, loop, end, stop, headers, hostUuid };
}

test("the first beat leaves at once, the others at the host's own phase of the interval", async () => {
  const { clock, beats, hostUuid } = start(() => ACCEPTED);
  await clock.advance(90_000);
  const slotMs = nextSlotMs(phaseOf(hostUuid), 30_000, START_MS);
  assert.deepEqual(
    beats.map((beat) => beat.atMs),
    [START_MS, slotMs, slotMs + 30_000, slotMs + 60_000],
  );
});

test("a fleet spreads evenly over the interval", () => {
  const buckets = Array.from({ length: 10 }, () => 0);
  for (let host = 0; host < 2_000; host += 1) {
    const phaseMs = nextSlotMs(phaseOf(`host-${host}`), 30_000, START_MS) - START_MS;
    const bucket = Math.floor((phaseMs - 1) / 3_000);
    buckets[bucket] = (buckets[bucket] ?? 0) + 1;
  }
  for (const count of buckets) assert.ok(count > 140 && count < 260, String(buckets));
});

test("the master sets the pace", async () => {
  const { clock, beats } = start(() => ({
    status: 204,
    headers: { "decnet-interval-ms": "5000" },
  }));
  await clock.advance(50_000);
  assert.equal(beats.length, 11);
});

test("a pace that makes no sense is ignored", async () => {
  for (const pace of ["0", "-5", "x", "1e99", ""]) {
    const { clock, beats } = start(() => ({
      status: 204,
      headers: { "decnet-interval-ms": pace },
    }));
    await clock.advance(60_000);
    assert.equal(beats.length, 3, `pace ${pace}`);
  }
});

test("every beat carries the boot, its sequence and its time", async () => {
  const { clock, beats, headers } = start(() => ACCEPTED);
  await clock.advance(61_000);
  assert.deepEqual(headers("decnet-boot"), ["5", "5", "5"]);
  assert.deepEqual(headers("decnet-sequence"), ["1", "2", "3"]);
  assert.deepEqual(
    headers("decnet-sent-ms"),
    beats.map((beat) => String(beat.atMs)),
  );
});

test("an unchanged status travels as its digest, a changed one whole", async () => {
  const { clock, beats, headers, status } = start(() => ACCEPTED);
  await clock.advance(31_000);
  status.body = '{"a":2}';
  await clock.advance(60_000);
  const digest = (body: string) => createHash("sha256").update(body).digest("hex");
  assert.deepEqual(
    beats.map((beat) => beat.request.body),
    ['{"a":1}', null, '{"a":2}', null],
  );
  assert.deepEqual(headers("decnet-status-digest"), [
    undefined,
    digest('{"a":1}'),
    undefined,
    digest('{"a":2}'),
  ]);
});

test("a digest that the master does not know is followed at once by the whole status", async () => {
  const unknown = { status: 409, headers: { "decnet-error": "status-unknown" } };
  const { clock, beats } = start((index) => (index === 1 ? unknown : ACCEPTED));
  await clock.advance(30_000);
  assert.deepEqual(
    beats.map((beat) => beat.request.body),
    ['{"a":1}', null, '{"a":1}'],
  );
  assert.equal(beats[1]?.atMs, beats[2]?.atMs);
});

test("a stale boot is raised above the accepted one and the beat is repeated at once", async () => {
  const stale = {
    status: 409,
    headers: { "decnet-error": "heartbeat-stale", "decnet-boot": "41" },
  };
  const { clock, headers } = start((index) => (index === 0 ? stale : ACCEPTED));
  await clock.advance(0);
  assert.deepEqual(headers("decnet-boot"), ["5", "42"]);
  assert.deepEqual(headers("decnet-sequence"), ["1", "1"]);
});

test("a master that finds every beat stale is not hammered", async () => {
  const { clock, beats } = start(() => ({
    status: 409,
    headers: { "decnet-error": "heartbeat-stale", "decnet-boot": "41" },
  }));
  await clock.advance(25_000);
  assert.ok(beats.length <= 8, `${beats.length} beats`);
});

test("changed() beats at once, several changes within 250 ms in one beat", async () => {
  const { clock, beats, status, loop } = start(() => ACCEPTED);
  await clock.advance(1_000);
  status.body = '{"a":2}';
  loop.changed();
  await clock.advance(0);
  assert.equal(beats.at(-1)?.request.body, '{"a":2}');
  for (const body of ["3", "4", "5"]) {
    status.body = body;
    loop.changed();
    await clock.advance(50);
  }
  assert.equal(beats.length, 2);
  await clock.advance(100);
  assert.deepEqual(
    beats.slice(2).map((beat) => [beat.atMs - START_MS, beat.request.body]),
    [[1_250, "5"]],
  );
});

test("changed() does not beat when the status is as the master has it, nor shift the next beat", async () => {
  const { clock, beats, loop, status, hostUuid } = start(() => ACCEPTED);
  const slotMs = nextSlotMs(phaseOf(hostUuid), 30_000, START_MS);
  await clock.advance(300);
  loop.changed();
  await clock.advance(300);
  assert.equal(beats.length, 1);
  status.body = "new";
  loop.changed();
  await clock.advance(30_000);
  assert.deepEqual(
    beats.map((beat) => beat.atMs),
    [START_MS, START_MS + 600, slotMs],
  );
});

test("a change while a beat is under way is told right after it", async () => {
  const { clock, beats, loop, status } = start(async (index, _request, clock) => {
    if (index === 0) await clock.sleep(400);
    return ACCEPTED;
  });
  await clock.advance(100);
  status.body = "new";
  loop.changed();
  await clock.advance(300);
  assert.deepEqual(
    beats.map((beat) => [beat.atMs - START_MS, beat.request.body]),
    [
      [0, '{"a":1}'],
      [400, "new"],
    ],
  );
});

test("failures are retried with jitter that doubles up to the interval, then the phase is resumed", async () => {
  const { clock, beats, hostUuid, lines } = start((index) => {
    if (index < 8) throw new DecnetError("master-unreachable", "refused");
    return ACCEPTED;
  });
  await clock.advance(150_000);
  const gaps = beats.slice(1, 9).map((beat, index) => beat.atMs - (beats[index]?.atMs ?? 0));
  assert.deepEqual(gaps, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  const recoveredMs = beats[8]?.atMs ?? 0;
  assert.equal(beats[9]?.atMs, nextSlotMs(phaseOf(hostUuid), 30_000, recoveredMs));
  assert.equal(lines.length, 2, "one line when it broke, one when it was over");
});

test("Retry-After is honored, in seconds and as a date, with jitter on top", async () => {
  const date = new Date(START_MS + 20_000).toUTCString();
  for (const value of ["20", date]) {
    const { clock, beats } = start((index) =>
      index === 0 ? { status: 503, headers: { "retry-after": value } } : ACCEPTED,
    );
    await clock.advance(25_000);
    assert.equal((beats[1]?.atMs ?? 0) - START_MS, 20_500, value);
  }
});

test("an authenticated 'host decommissioned' ends the loop", async () => {
  const { clock, end } = start(() => DECOMMISSIONED);
  await clock.advance(0);
  assert.deepEqual(await end, { kind: "decommissioned" });
  const bare = start(() => ({ status: 403, body: '{"detail":"host decommissioned"}' }));
  await bare.clock.advance(0);
  assert.deepEqual(await bare.end, { kind: "decommissioned" });
});

test("other refusals are tried again at the interval and logged once a reason", async () => {
  const unknown = {
    status: 404,
    headers: { "decnet-error": "host-unknown" },
    body: '{"detail":"unknown host"}',
  };
  const mismatch = { status: 403, body: '{"detail":"cert fingerprint mismatch"}' };
  const { clock, beats, lines } = start((index) => (index < 3 ? unknown : mismatch));
  await clock.advance(150_000);
  assert.equal(beats.length, 6);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /unknown host\. The uuid was never enrolled here/);
  assert.match(lines[1] ?? "", /cert fingerprint mismatch/);
});

test("aborting the signal ends the loop, in a pause and in a beat", async () => {
  const idle = start(() => ACCEPTED);
  await idle.clock.advance(10);
  idle.stop.abort();
  assert.deepEqual(await idle.end, { kind: "stopped" });
  const busy = start((_index, request, clock) =>
    clock.sleep(60_000, request.signal).then(() => ACCEPTED),
  );
  await busy.clock.advance(10);
  busy.stop.abort();
  assert.deepEqual(await busy.end, { kind: "stopped" });
});

test("a bug in the body is thrown, not retried", async () => {
  const { clock, end } = start(() => {
    throw new TypeError("bug");
  });
  const thrown = assert.rejects(end, TypeError);
  await clock.advance(0);
  await thrown;
});

test("every beat echoes the newest nonce that arrived", async () => {
  const nonce = (n: number) => `nonce-${n}`.padEnd(22, "_");
  const { clock, headers } = start((index) => {
    if (index === 2) return { status: 503, headers: { "decnet-nonce": nonce(index) } };
    if (index === 3) return { status: 204, headers: { "decnet-nonce": "not a nonce" } };
    return { status: 204, headers: { "decnet-nonce": nonce(index) } };
  });
  await clock.advance(180_000);
  assert.deepEqual(headers("decnet-echo").slice(0, 6), [
    undefined,
    nonce(0),
    nonce(1),
    nonce(1),
    nonce(1),
    nonce(4),
  ]);
});

test("a boot that is raised goes on echoing what it echoed", async () => {
  const nonce = "n".repeat(22);
  const { clock, headers } = start((index) => {
    if (index === 1) {
      return { status: 409, headers: { "decnet-error": "heartbeat-stale", "decnet-boot": "9" } };
    }
    return { status: 204, headers: { "decnet-nonce": nonce } };
  });
  await clock.advance(31_000);
  assert.deepEqual(headers("decnet-boot").slice(0, 3), ["5", "5", "10"]);
  assert.deepEqual(headers("decnet-echo").slice(0, 3), [undefined, nonce, nonce]);
});

test("a quarantined host goes on asking at its own pace, until it is released", async () => {
  const { clock, beats, lines } = start((index) =>
    index < 3
      ? { status: 403, headers: { "decnet-error": "host-quarantined" } }
      : { status: 204, headers: {} },
  );
  await clock.advance(100_000);
  assert.equal(beats.length, 4);
  assert.match(lines.join(), /decnet host release/);
});
