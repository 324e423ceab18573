import assert from "node:assert/strict";
import { test } from "node:test";
import { createVirtualClock } from "../../../domain/virtual-clock.ts";
import { watch } from "./watchdog.ts";

test("watch() calls a process hung ten seconds after its last answer, half a minute at start", async () => {
  const clock = createVirtualClock(0);
  const ended = new AbortController();
  let answers = false;
  let pong = () => {};
  const hungAtMs: number[] = [];
  const done = watch({
    clock,
    signal: ended.signal,
    ping: () => answers && pong(),
    onPong: (callback) => {
      pong = callback;
    },
    onHung: () => hungAtMs.push(clock.nowMs()),
  });
  await clock.advance(26_000);
  assert.deepEqual(hungAtMs, []);
  answers = true;
  await clock.advance(60_000);
  assert.deepEqual(hungAtMs, []);
  answers = false;
  await clock.advance(12_500);
  assert.equal(hungAtMs.length, 1);
  ended.abort();
  await done;
});

test("watch() calls a process hung that never answers", async () => {
  const clock = createVirtualClock(0);
  const ended = new AbortController();
  const hungAtMs: number[] = [];
  const done = watch({
    clock,
    signal: ended.signal,
    ping() {},
    onPong() {},
    onHung: () => hungAtMs.push(clock.nowMs()),
  });
  await clock.advance(60_000);
  assert.deepEqual(hungAtMs, [30_000]);
  ended.abort();
  await done;
});
