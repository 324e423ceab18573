import type { Clock } from "../domain/clock.ts";
import { ABSENT_KEPT_MS, SWEEP_EVERY_MS, startWatch, watchSilence } from "../domain/liveness.ts";
import type { Log } from "../domain/log.ts";
import type { Store } from "../store/store.ts";
import type { Alarms } from "./alarms.ts";

/** The master's own rounds: who fell silent, and what is past its time. */
export interface SilenceWatch {
  /** A heartbeat could not be taken in: the silence that follows is the master's own fault. */
  readonly lostBeat: () => void;
  /** Master's clock when a round last succeeded; null before the first. */
  readonly lastSweepMs: () => number | null;
  /** Resolves when the round that runs is over. */
  close(): Promise<void>;
}

/** Rows of the journal that are kept: a dashboard that slept longer reads afresh. */
const CHANGES_KEPT = 200_000;
const TRIM_EVERY_MS = 10 * 60_000;

export function startSilenceWatch(deps: {
  readonly store: Pick<Store, "sweep" | "trimChanges" | "deleteExpiredSessions">;
  readonly clock: Clock;
  readonly log: Log;
  readonly heartbeatIntervalMs: number;
  readonly alarms?: Pick<Alarms, "lookForOverdue">;
}): SilenceWatch {
  const { store, clock, log } = deps;
  const stop = new AbortController();
  let watch = startWatch(clock.nowMs());
  let lost = false;
  let lastSweepMs: number | null = null;
  let trimmedMs = clock.nowMs();

  async function round(): Promise<void> {
    const nowMs = clock.nowMs();
    const verdict = watchSilence(watch, nowMs, deps.heartbeatIntervalMs, lost);
    watch = verdict.watch;
    lost = false;
    const { silenced } = await store.sweep({
      nowMs,
      silentBeforeMs: verdict.silentBeforeMs,
      purgeBeforeMs: nowMs - ABSENT_KEPT_MS,
    });
    for (const hostUuid of silenced) log.warn("host is silent", { hostUuid });
    await deps.alarms?.lookForOverdue(nowMs);
    if (nowMs - trimmedMs >= TRIM_EVERY_MS) {
      trimmedMs = nowMs;
      await store.trimChanges(CHANGES_KEPT);
      await store.deleteExpiredSessions(nowMs);
    }
    lastSweepMs = nowMs;
  }

  async function rounds(): Promise<void> {
    for (;;) {
      try {
        await clock.sleep(SWEEP_EVERY_MS, stop.signal);
      } catch {
        return;
      }
      try {
        await round();
      } catch (error) {
        // The watch goes on: a round that was denied must not be the last one.
        lost = true;
        log.error("the round over silent hosts failed", { error });
      }
    }
  }

  const done = rounds();
  return {
    lostBeat() {
      lost = true;
    },
    lastSweepMs: () => lastSweepMs,
    async close() {
      stop.abort();
      await done;
    },
  };
}
