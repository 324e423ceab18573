import assert from "node:assert/strict";
import { test } from "node:test";
import { createVirtualClock } from "./virtual-clock.ts";

test("advance() fires timers in order of time, and of setting where times are equal", async () => {
  const clock = createVirtualClock(1_000);
  const fired: string[] = [];
  const sleeper = (name: string, ms: number) =>
    clock.sleep(ms).then(() => fired.push(`${name}@${clock.nowMs()}`));
  for (const [name, ms] of [
    ["late", 50],
    ["first", 10],
    ["second", 10],
    ["never", 101],
    ["zero", 0],
  ] as const) {
    sleeper(name, ms);
  }
  await clock.advance(100);
  assert.deepEqual(fired, ["zero@1000", "first@1010", "second@1010", "late@1050"]);
  assert.equal(clock.nowMs(), 1_100);
});

test("advance() lets a fired timer set others that are due within the same advance", async () => {
  const clock = createVirtualClock(0);
  const seen: number[] = [];
  const loop = async () => {
    for (;;) {
      await clock.sleep(30);
      seen.push(clock.nowMs());
    }
  };
  void loop();
  await clock.advance(100);
  assert.deepEqual(seen, [30, 60, 90]);
});

test("sleep() rejects with the signal's reason, at once if it was aborted before", async () => {
  const clock = createVirtualClock(0);
  const stop = new AbortController();
  const reason = new Error("enough");
  const sleeping = assert.rejects(clock.sleep(10, stop.signal), reason);
  stop.abort(reason);
  await sleeping;
  await assert.rejects(clock.sleep(10, stop.signal), reason);
  assert.equal(await clock.runUntil(() => false), false, "no timer was left behind");
});

test("runUntil() stops at the moment when its condition holds", async () => {
  const clock = createVirtualClock(0);
  let count = 0;
  const loop = async () => {
    for (;;) {
      await clock.sleep(7);
      count += 1;
    }
  };
  void loop();
  assert.equal(await clock.runUntil(() => count === 3), true);
  assert.equal(clock.nowMs(), 21);
  assert.equal(await clock.runUntil(() => count === 100, 50), false);
});

test("a thousand timers set in random order fire in order", async () => {
  const clock = createVirtualClock(0);
  const fired: number[] = [];
  let state = 7;
  for (let index = 0; index < 1_000; index += 1) {
    state = (state * 48_271) % 2_147_483_647;
    const ms = state % 5_000;
    void clock.sleep(ms).then(() => fired.push(ms));
  }
  await clock.advance(5_000);
  assert.equal(fired.length, 1_000);
  assert.deepEqual(
    fired,
    fired.toSorted((a, b) => a - b),
  );
});
