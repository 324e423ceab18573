import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { nextSlotMs, phaseOf } from "./phase.ts";
import { ACCEPTED, START_MS, startLoop } from "./start-loop-for-test.ts";

test("the first beat leaves at once, the others at the host's own phase of the interval", async () => {
  const { clock, beats, hostUuid } = startLoop(() => ACCEPTED);
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
  const { clock, beats } = startLoop(() => ({
    status: 204,
    headers: { "decnet-interval-ms": "5000" },
  }));
  await clock.advance(50_000);
  assert.equal(beats.length, 11);
});

test("a pace that makes no sense is ignored", async () => {
  for (const pace of ["0", "-5", "x", "1e99", ""]) {
    const { clock, beats } = startLoop(() => ({
      status: 204,
      headers: { "decnet-interval-ms": pace },
    }));
    await clock.advance(60_000);
    assert.equal(beats.length, 3, `pace ${pace}`);
  }
});

test("every beat carries the boot, its sequence and its time", async () => {
  const { clock, beats, headers } = startLoop(() => ACCEPTED);
  await clock.advance(61_000);
  assert.deepEqual(headers("decnet-boot"), ["5", "5", "5"]);
  assert.deepEqual(headers("decnet-sequence"), ["1", "2", "3"]);
  assert.deepEqual(
    headers("decnet-sent-ms"),
    beats.map((beat) => String(beat.atMs)),
  );
});

test("an unchanged status travels as its digest, a changed one whole", async () => {
  const { clock, beats, headers, status } = startLoop(() => ACCEPTED);
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
  const { clock, beats } = startLoop((index) => (index === 1 ? unknown : ACCEPTED));
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
  const { clock, headers } = startLoop((index) => (index === 0 ? stale : ACCEPTED));
  await clock.advance(0);
  assert.deepEqual(headers("decnet-boot"), ["5", "42"]);
  assert.deepEqual(headers("decnet-sequence"), ["1", "1"]);
});

test("a master that finds every beat stale is not hammered", async () => {
  const { clock, beats } = startLoop(() => ({
    status: 409,
    headers: { "decnet-error": "heartbeat-stale", "decnet-boot": "41" },
  }));
  await clock.advance(25_000);
  assert.ok(beats.length <= 8, `${beats.length} beats`);
});

test("changed() beats at once, several changes within 250 ms in one beat", async () => {
  const { clock, beats, status, loop } = startLoop(() => ACCEPTED);
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
  const { clock, beats, loop, status, hostUuid } = startLoop(() => ACCEPTED);
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
  const { clock, beats, loop, status } = startLoop(async (index, _request, clock) => {
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
