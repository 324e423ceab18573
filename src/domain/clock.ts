/**
 * Time as an argument: the wall clock at the edge, a virtual one in tests and simulations.
 *
 * Nothing below the command line reads `Date` or starts a timer of its own.
 */
export interface Clock {
  /** Whole Unix milliseconds. Never steps back within one process. */
  nowMs(): number;
  /**
   * Resolves after `ms` milliseconds.
   * @throws The signal's reason, once `signal` aborts; at once if it already has.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
