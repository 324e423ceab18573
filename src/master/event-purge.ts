import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { EventStore } from "../store/store.ts";

const EVERY_MS = 60_000;
/** A minute's work: more than a million a day, and no heartbeat waits for it. */
const AT_ONCE = 1_000;

/**
 * Forgets events of deckies that are past their time, a few at once. Nothing else is ever forgotten
 * here: tombstones and the audit stay.
 */
export function startEventPurge(deps: {
  readonly store: Pick<EventStore, "purgeEvents">;
  readonly clock: Clock;
  readonly log: Log;
  readonly eventsKeptMs: number;
}): { close(): Promise<void> } {
  const { store, clock, log, eventsKeptMs } = deps;
  const stop = new AbortController();

  async function rounds(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(EVERY_MS, stop.signal);
      } catch {
        return;
      }
      try {
        const beforeMs = clock.nowMs() - eventsKeptMs;
        const purged = await store.purgeEvents({ beforeMs, limit: AT_ONCE });
        if (purged > 0) log.info("events past their time were purged", { purged });
      } catch (error) {
        log.error("events past their time could not be purged", { error });
      }
    }
  }

  const done = rounds();
  return {
    async close() {
      stop.abort();
      await done;
    },
  };
}
