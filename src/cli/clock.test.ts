import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createSystemClock } from "./clock.ts";

test("the system clock follows the wall clock forwards and never steps back", () => {
  const wall = mock.method(Date, "now");
  try {
    wall.mock.mockImplementation(() => 1_000_000);
    const clock = createSystemClock();
    const first = clock.nowMs();
    wall.mock.mockImplementation(() => 5_000_000);
    const ahead = clock.nowMs();
    wall.mock.mockImplementation(() => 2_000_000);
    const back = clock.nowMs();
    assert.ok(first >= 1_000_000 && first < 1_001_000);
    assert.ok(ahead >= 5_000_000);
    assert.ok(back >= ahead && back < 5_001_000);
  } finally {
    wall.mock.restore();
  }
});

test("sleep() rejects with the signal's reason, at once or when it aborts", async () => {
  const clock = createSystemClock();
  const reason = new Error("enough");
  await assert.rejects(clock.sleep(60_000, AbortSignal.abort(reason)), reason);
  const controller = new AbortController();
  const sleeping = clock.sleep(60_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(sleeping, reason);
  await clock.sleep(0);
});
