import assert from "node:assert/strict";
import { test } from "node:test";
import {
  isExpired,
  isRenewalOverdue,
  judgeRecovery,
  RECOVERY_BOUNDS,
  renewalDueMs,
  renewalTimeMs,
} from "./renewal.ts";

const life = { sinceMs: 1000, notAfterMs: 11_000 };

test("renewalTimeMs() is half the life, a tenth of it earlier or later at most", () => {
  assert.equal(renewalDueMs(life), 6000);
  assert.equal(
    renewalTimeMs(life, () => 0),
    5000,
  );
  assert.equal(
    renewalTimeMs(life, () => 0.5),
    6000,
  );
  assert.ok(renewalTimeMs(life, () => 0.999_999) < 7000);
});

test("isRenewalOverdue() holds from two thirds of the life on, later than any jitter", () => {
  assert.equal(isRenewalOverdue(life, 7666), false);
  assert.equal(isRenewalOverdue(life, 7667), true);
});

test("isExpired() lets the last second count", () => {
  assert.equal(isExpired(11_000, 11_999), false);
  assert.equal(isExpired(11_000, 12_000), true);
});

test("judgeRecovery() asks for the state first, then for expiry, then for the bounds", () => {
  const host = { state: "active", certificateNotAfterMs: 11_000 };
  const judge = (over: object, recoveries = 0, nowMs = 12_000, bounds = RECOVERY_BOUNDS) =>
    judgeRecovery({ ...host, ...over }, recoveries, nowMs, bounds);
  assert.equal(judge({}), null);
  assert.equal(judge({ state: "silent" }, 2), null);
  assert.equal(judge({ state: "decommissioned" }, 99, 0), "host-decommissioned");
  assert.equal(judge({ state: "quarantined" }, 99, 0), "host-quarantined");
  assert.equal(judge({}, 99, 11_000), "certificate-still-valid");
  assert.equal(judge({}, 3), "recovery-refused");
  const { withinMs } = RECOVERY_BOUNDS;
  assert.equal(judge({}, 0, 11_000 + withinMs), null);
  assert.equal(judge({}, 0, 11_001 + withinMs), "recovery-refused");
  assert.equal(judge({}, 0, 12_000, { most: 3, withinMs: 0 }), "recovery-refused");
});
