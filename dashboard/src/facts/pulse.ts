import type { ApiEvent } from "../../../src/wire/api/event.ts";

export interface Pulse {
  /** Events a minute, oldest first; the last one is the minute that runs now. */
  readonly perMinute: readonly number[];
  readonly events: number;
  readonly sources: number;
  /** False if the events held do not reach back over all of it: then there were at least so many. */
  readonly whole: boolean;
}

/** How much happened in the last `minutes`. `events` are newest first. */
export function pulseOf(
  events: readonly ApiEvent[],
  more: boolean,
  minutes: number,
  nowMs: number,
): Pulse {
  const endMs = (Math.floor(nowMs / 60_000) + 1) * 60_000;
  const startMs = endMs - minutes * 60_000;
  const perMinute = Array.from({ length: minutes }, () => 0);
  const sources = new Set<string>();
  let count = 0;
  for (const event of events) {
    if (event.received_ms < startMs) break;
    const at = Math.min(minutes - 1, Math.floor((event.received_ms - startMs) / 60_000));
    perMinute[at] = (perMinute[at] ?? 0) + 1;
    sources.add(event.src_ip);
    count += 1;
  }
  return {
    perMinute,
    events: count,
    sources: sources.size,
    whole: !more || count < events.length,
  };
}

/**
 * Who touched what since `sinceMs`, most recent first. `events` are newest first; those of the
 * connection alone count too, since nobody has business on a decky.
 */
export function visitorsOf(
  events: readonly ApiEvent[],
  sinceMs: number,
): { readonly sources: readonly string[]; readonly deckies: readonly string[] } {
  const sources = new Set<string>();
  const deckies = new Set<string>();
  for (const event of events) {
    if (event.received_ms < sinceMs) break;
    sources.add(event.src_ip);
    deckies.add(event.decky);
  }
  return { sources: [...sources], deckies: [...deckies] };
}
