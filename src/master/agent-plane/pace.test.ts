import assert from "node:assert/strict";
import { test } from "node:test";
import { createPace } from "./pace.ts";

test("allows() lets a burst through, then so many a second, each certificate for itself", () => {
  const pace = createPace({ burst: 3, perSecond: 2 });
  const allowed = (nowMs: number, fingerprint = "a") => pace.allows(fingerprint, nowMs);
  assert.deepEqual(
    [0, 0, 0, 0].map((nowMs) => allowed(nowMs)),
    [true, true, true, false],
  );
  assert.equal(allowed(0, "b"), true);
  assert.equal(allowed(499), false);
  assert.equal(allowed(500), true);
  assert.equal(allowed(600), false);
  assert.deepEqual(
    [9000, 9000, 9000, 9000].map((nowMs) => allowed(nowMs)),
    [true, true, true, false],
  );
});
