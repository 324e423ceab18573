import type { Clock } from "../../../domain/clock.ts";

const PING_MS = 2_500;
/** Unanswered in a row, so ten seconds; counted, because a machine may sleep through any time. */
const PINGS = 4;
/** Until the first answer, so half a minute: a slow machine takes its time to start a process. */
const PINGS_AT_START = 12;

export interface WatchDeps {
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
  ping(): void;
  /** Registers what is to be called at each answer. */
  onPong(callback: () => void): void;
  onHung(): void;
}

/** Calls `onHung` when too many pings in a row went unanswered; resolves when `signal` aborts. */
export async function watch(deps: WatchDeps): Promise<void> {
  const { clock, signal } = deps;
  let unanswered = 0;
  let limit = PINGS_AT_START;
  deps.onPong(() => {
    unanswered = 0;
    limit = PINGS;
  });
  while (!signal.aborted) {
    if (unanswered === limit) deps.onHung();
    unanswered += 1;
    deps.ping();
    await clock.sleep(PING_MS, signal).catch(() => {});
  }
}
