/**
 * Lets `burst` attempts through at once and one more each `refillMs`, for each key alone. Who waits
 * as told is let through: being refused never lengthens the wait, so nobody is locked out for ever.
 * The generic cell rate algorithm (ITU-T I.371): one number a key.
 */
export interface AttemptLimit {
  /** @returns Milliseconds to wait; 0 if an attempt may be made now. */
  waitMs(key: string, nowMs: number): number;
  /** Counts an attempt. */
  add(key: string, nowMs: number): void;
  /** Forgets the attempts, after one that succeeded. */
  clear(key: string): void;
}

export function createAttemptLimit(limit: {
  readonly burst: number;
  readonly refillMs: number;
  /** Keys remembered at most; beyond, the one longest unused is forgotten. */
  readonly maxKeys: number;
}): AttemptLimit {
  const { burst, refillMs, maxKeys } = limit;
  /** When all of a key's attempts are forgotten. */
  const restedMs = new Map<string, number>();

  return {
    waitMs(key, nowMs) {
      return Math.max(0, (restedMs.get(key) ?? 0) - nowMs - (burst - 1) * refillMs);
    },
    add(key, nowMs) {
      const rested = Math.max(restedMs.get(key) ?? 0, nowMs) + refillMs;
      restedMs.delete(key);
      restedMs.set(key, rested);
      const [oldest] = restedMs.keys();
      if (restedMs.size > maxKeys && oldest !== undefined) restedMs.delete(oldest);
    },
    clear(key) {
      restedMs.delete(key);
    },
  };
}
