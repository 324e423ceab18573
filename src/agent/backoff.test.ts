import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs, parseRetryAfter } from "./backoff.ts";

test("backoffMs() draws from nearly nothing to a ceiling that doubles up to its cap", () => {
  const highest = [1, 2, 3, 4, 5, 6, 7, 1_000].map((failures) =>
    Math.round(backoffMs(failures, 30_000, () => 0.999999)),
  );
  assert.deepEqual(highest, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  assert.equal(
    backoffMs(9, 30_000, () => 0),
    250,
  );
});

test("backoffMs() never comes back before Retry-After, and never believes one of days", () => {
  assert.equal(
    backoffMs(1, 30_000, () => 0.5, 20_000),
    20_500,
  );
  assert.equal(
    backoffMs(1, 30_000, () => 0, 10 ** 12),
    3_600_000,
  );
});

test("parseRetryAfter() reads seconds and dates, and nothing else", () => {
  const nowMs = Date.UTC(2026, 0, 1);
  assert.equal(parseRetryAfter("7", nowMs), 7_000);
  assert.equal(parseRetryAfter("Thu, 01 Jan 2026 00:00:30 GMT", nowMs), 30_000);
  assert.equal(parseRetryAfter("Wed, 31 Dec 2025 00:00:00 GMT", nowMs), 0);
  for (const value of [undefined, "", "soon", "99999999999"]) {
    assert.equal(parseRetryAfter(value, nowMs), null, String(value));
  }
});
