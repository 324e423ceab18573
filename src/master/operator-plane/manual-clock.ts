import type { Clock } from "../../domain/clock.ts";

/** A clock that stands still until it is moved: for tests of what takes time. */
export interface ManualClock extends Clock {
  /** Moves on and wakes, in order, who has slept until then. */
  advance(ms: number): void;
  /** How many sleep now. */
  sleepers(): number;
}

export function createManualClock(startMs: number): ManualClock {
  let nowMs = startMs;
  let sleeping: { readonly untilMs: number; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    sleepers: () => sleeping.length,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const sleeper = { untilMs: nowMs + ms, wake: resolve };
        sleeping.push(sleeper);
        signal?.addEventListener("abort", () => {
          sleeping = sleeping.filter((other) => other !== sleeper);
          reject(signal.reason);
        });
      });
    },
    advance(ms) {
      nowMs += ms;
      const due = sleeping.filter(({ untilMs }) => untilMs <= nowMs);
      sleeping = sleeping.filter(({ untilMs }) => untilMs > nowMs);
      for (const { wake } of due.toSorted((a, b) => a.untilMs - b.untilMs)) wake();
    },
  };
}
