/** A beat may come this much later than the pace says before it counts as missed, at most. */
const MOST_SLACK_MS = 15_000;

/** A host that is dead is shown so after this long, at the slowest pace that is allowed. */
export const SILENT_WITHIN_MS = 90_000;

/** Slowest pace that agents may be told, so that two missed beats fit into `SILENT_WITHIN_MS`. */
export const MOST_INTERVAL_MS = 30_000;

/** How often the sweep looks. */
export const SWEEP_EVERY_MS = 5_000;

/** How long a shard that is absent is kept. */
export const ABSENT_KEPT_MS = 24 * 60 * 60_000;

/** Silence that means a host has missed two beats: two intervals, and room for jitter. */
export function silenceMs(intervalMs: number): number {
  return 2 * intervalMs + Math.min(MOST_SLACK_MS, intervalMs / 2);
}

/** What the watch over silence remembers between two sweeps. */
export interface Watch {
  /** Since then the master could have heard every beat that was sent. */
  readonly listeningSinceMs: number;
  readonly lastSweepMs: number;
}

/** The master starts to listen: nobody is silent for what came before. */
export function startWatch(nowMs: number): Watch {
  return { listeningSinceMs: nowMs, lastSweepMs: nowMs };
}

/**
 * Decides which silence counts at a sweep.
 *
 * Time in which the master itself could not have heard (stopped, suspended, slow, its clock set
 * forward, its store down) is nobody's silence: a sweep that comes late, or that follows a beat
 * which was lost here, starts the count afresh.
 *
 * @param lostBeats True if the store failed, or a beat was turned away, since the last sweep.
 * @returns `silentBeforeMs`: hosts last seen before it are silent; null: nobody is, by this sweep.
 */
export function watchSilence(
  watch: Watch,
  nowMs: number,
  intervalMs: number,
  lostBeats: boolean,
): { readonly watch: Watch; readonly silentBeforeMs: number | null } {
  const late = nowMs - watch.lastSweepMs > 2 * SWEEP_EVERY_MS;
  const listeningSinceMs = late || lostBeats ? nowMs : watch.listeningSinceMs;
  const before = nowMs - silenceMs(intervalMs);
  return {
    watch: { listeningSinceMs, lastSweepMs: nowMs },
    silentBeforeMs: before >= listeningSinceMs ? before : null,
  };
}
