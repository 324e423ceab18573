/** Never sooner than this after a failure, however the dice fall. */
const MIN_MS = 250;
const FIRST_MS = 1_000;
/** A longer `Retry-After` is not believed: one wrong answer must not silence an agent for days. */
const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long to wait after the `failures`-th failure in a row: full jitter below a ceiling that doubles
 * from one second to `capMs`, so that a fleet that failed together does not come back together.
 *
 * @param random Uniform in [0, 1).
 * @param retryAfterMs What the answer asked for; the jitter comes on top. Null if it did not ask.
 */
export function backoffMs(
  failures: number,
  capMs: number,
  random: () => number,
  retryAfterMs: number | null = null,
): number {
  const ceilingMs = Math.min(Math.max(capMs, MIN_MS), FIRST_MS * 2 ** Math.min(failures - 1, 30));
  const jitterMs = random() * ceilingMs;
  if (retryAfterMs !== null) return Math.min(retryAfterMs, MAX_RETRY_AFTER_MS) + jitterMs;
  return Math.max(MIN_MS, jitterMs);
}

/**
 * Reads `Retry-After` (RFC 9110, section 10.2.3): seconds, or a date.
 * @returns Milliseconds from now; null if it is absent or neither.
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | null {
  if (value === undefined) return null;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const atMs = Date.parse(value);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
