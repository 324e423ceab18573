import assert from "node:assert/strict";
import { test } from "node:test";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { createBell } from "./bell.ts";

const { signal } = new AbortController();

test("wait() ends with a ring, or when its time is over, and leaves no timer behind", async () => {
  const clock = createVirtualClock(0);
  const bell = createBell(clock);
  const rung = bell.wait(1_000, signal);
  await clock.advance(10);
  bell.ring();
  assert.equal(await rung, true);
  const elapsed = bell.wait(1_000, signal);
  await clock.advance(1_000);
  assert.equal(await elapsed, false);
  assert.equal(await clock.runUntil(() => false), false);
  assert.equal(clock.nowMs(), 1_010);
});

test("a ring while nobody waits is kept, several are one", async () => {
  const clock = createVirtualClock(0);
  const bell = createBell(clock);
  bell.ring();
  bell.ring();
  assert.equal(await bell.wait(null, signal), true);
  const next = bell.wait(5, signal);
  await clock.advance(5);
  assert.equal(await next, false);
});

test("wait() throws the signal's reason, during the wait and before", async () => {
  const bell = createBell(createVirtualClock(0));
  const stop = new AbortController();
  const reason = new Error("enough");
  const waiting = assert.rejects(bell.wait(null, stop.signal), reason);
  stop.abort(reason);
  await waiting;
  await assert.rejects(bell.wait(null, stop.signal), reason);
});
