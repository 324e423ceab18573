import type { Clock } from "../domain/clock.ts";

/** Longest that one timer of Node can wait; a longer sleep is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * The system's clock, made steady: it counts on by the monotonic clock and follows the wall clock
 * forwards (a suspend, a correction), never back.
 */
export function createSystemClock(): Clock {
  let aheadMs = Number.NEGATIVE_INFINITY;
  return {
    nowMs() {
      const monotonicMs = performance.now();
      aheadMs = Math.max(aheadMs, Date.now() - monotonicMs);
      return Math.floor(aheadMs + monotonicMs);
    },
    async sleep(ms, signal) {
      for (let leftMs = ms; ; leftMs -= LONGEST_TIMER_MS) {
        await sleepOnce(Math.min(Math.max(leftMs, 0), LONGEST_TIMER_MS), signal);
        if (leftMs <= LONGEST_TIMER_MS) return;
      }
    },
  };
}

function sleepOnce(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal?.addEventListener("abort", abort, { once: true });
  });
}
