import assert from "node:assert/strict";
import { test } from "node:test";
import {
  MOST_INTERVAL_MS,
  SILENT_WITHIN_MS,
  SWEEP_EVERY_MS,
  silenceMs,
  startWatch,
  watchSilence,
} from "./liveness.ts";

const T0 = 1_767_225_600_000;
const INTERVAL = 30_000;

/** Sweeps on time from `fromMs` to `toMs`, and gives the last verdict. */
function sweepTo(watch: ReturnType<typeof startWatch>, toMs: number) {
  let last = { watch, silentBeforeMs: null as number | null };
  for (let nowMs = watch.lastSweepMs + SWEEP_EVERY_MS; nowMs <= toMs; nowMs += SWEEP_EVERY_MS) {
    last = watchSilence(last.watch, nowMs, INTERVAL, false);
  }
  return last;
}

test("a dead host is found within 90 s at any pace that is allowed", () => {
  for (const intervalMs of [250, 1000, 10_000, MOST_INTERVAL_MS]) {
    assert.ok(silenceMs(intervalMs) >= 2 * intervalMs, "two beats are missed before");
    assert.ok(silenceMs(intervalMs) + SWEEP_EVERY_MS <= SILENT_WITHIN_MS);
  }
});

test("watchSilence() calls nobody silent before it has listened long enough itself", () => {
  const before = sweepTo(startWatch(T0), T0 + silenceMs(INTERVAL) - 1);
  assert.equal(before.silentBeforeMs, null);
  const after = sweepTo(startWatch(T0), T0 + silenceMs(INTERVAL));
  assert.equal(after.silentBeforeMs, T0);
});

test("watchSilence() starts afresh when a sweep comes late: the master was stopped or slow", () => {
  const { watch } = sweepTo(startWatch(T0), T0 + 200_000);
  const lateMs = watch.lastSweepMs + 2 * SWEEP_EVERY_MS + 1;
  const late = watchSilence(watch, lateMs, INTERVAL, false);
  assert.equal(late.silentBeforeMs, null);
  assert.equal(sweepTo(late.watch, lateMs + silenceMs(INTERVAL)).silentBeforeMs, lateMs);
});

test("watchSilence() starts afresh when a beat was lost to the master's own fault", () => {
  const { watch } = sweepTo(startWatch(T0), T0 + 200_000);
  const nowMs = watch.lastSweepMs + SWEEP_EVERY_MS;
  assert.equal(watchSilence(watch, nowMs, INTERVAL, true).silentBeforeMs, null);
  assert.notEqual(watchSilence(watch, nowMs, INTERVAL, false).silentBeforeMs, null);
});
