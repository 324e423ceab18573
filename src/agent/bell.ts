import type { Clock } from "../domain/clock.ts";

/** Wakes a loop early. A ring while nobody waits is kept, so that none is lost; several are one. */
export interface Bell {
  ring(): void;
  /**
   * Waits for a ring, at most `ms`; for as long as it takes if `ms` is null.
   * @returns Whether it rang. That ring is used up.
   * @throws The signal's reason, once `signal` aborts.
   */
  wait(ms: number | null, signal: AbortSignal): Promise<boolean>;
}

/** A reason of its own, made once: by default each abort makes an error with a stack. */
const CALLED_OFF = new Error("timer called off");

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | null = null;

  return {
    ring() {
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      signal.throwIfAborted();
      if (!rung) {
        const timer = new AbortController();
        const { promise: ring, resolve } = Promise.withResolvers<void>();
        const onAbort = (): void => resolve();
        wake = onAbort;
        signal.addEventListener("abort", onAbort, { once: true });
        const elapsed = ms === null ? [] : [clock.sleep(ms, timer.signal)];
        try {
          await Promise.race([ring, ...elapsed]);
        } finally {
          wake = null;
          signal.removeEventListener("abort", onAbort);
          timer.abort(CALLED_OFF);
        }
        signal.throwIfAborted();
      }
      const answer = rung;
      rung = false;
      return answer;
    },
  };
}
