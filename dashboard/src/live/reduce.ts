import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiDecky, ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiEvent, EventQuery } from "../../../src/wire/api/event.ts";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import type { StreamMessages } from "../../../src/wire/api/stream.ts";

export type Change = StreamMessages["change"];

/** What narrows a list of events; an empty one takes all. */
export type EventFilter = Pick<EventQuery, "decky" | "host" | "kind" | "src" | "session">;

/** Events newest first, whole from the newest down to the last one held. */
export interface EventList extends ListOf<ApiEvent> {
  /** True if the master may have older ones that match. */
  more: boolean;
}

/** The lists that a page holds, each as of its own `seq`; null while not read yet. */
export interface LiveCache {
  readonly hosts: ListOf<ApiHost> | null;
  readonly problems: ListOf<ApiHostProblem> | null;
  readonly alarms: ListOf<ApiAlarm> | null;
  readonly shards: ListOf<ApiShard> | null;
  readonly deckies: ListOf<ApiDecky> | null;
  readonly events: readonly { readonly filter: EventFilter; readonly list: EventList }[];
}

/** Most events that one list keeps; older ones can be read again. */
export const MAX_EVENTS_HELD = 5000;

/**
 * The lists as they are after `changes`. Pure; a list that nothing touched stays the same object, so
 * that only what shows it is drawn anew. Changes that a list already shows (`seq` not above its own)
 * are passed over, which makes a repeat harmless.
 */
export function applyChanges(cache: LiveCache, changes: readonly Change[]): LiveCache {
  return {
    hosts: applyToHosts(cache.hosts, changes),
    problems: applyToProblems(cache.problems, changes),
    alarms: applyToAlarms(cache.alarms, changes),
    shards: applyToShards(cache.shards, changes),
    deckies: applyToDeckies(cache.deckies, changes),
    events: cache.events.map((entry) => {
      const list = applyToEvents(entry.list, entry.filter, changes);
      return list === entry.list ? entry : { ...entry, list };
    }),
  };
}

/** One change: see `applyChanges`. */
export function applyChange(cache: LiveCache, change: Change): LiveCache {
  return applyChanges(cache, [change]);
}

/** Hosts with what was heard of them since. Never moves a `lastSeenMs` back. */
export function applySeen(
  list: ListOf<ApiHost>,
  seen: Readonly<Record<string, number>>,
): ListOf<ApiHost> {
  let moved = false;
  const items = list.items.map((host) => {
    const seenMs = seen[host.uuid];
    if (seenMs === undefined || seenMs <= (host.lastSeenMs ?? 0)) return host;
    moved = true;
    return { ...host, lastSeenMs: seenMs };
  });
  return moved ? { ...list, items } : list;
}

export function applyToHosts<List extends ListOf<ApiHost> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (host: ApiHost) => host.uuid, {
    put: (change, had) =>
      change.topic === "host"
        ? // A beat heard since is not in the journal.
          { ...change.body, lastSeenMs: latest(change.body.lastSeenMs, had?.lastSeenMs ?? null) }
        : null,
    removes: () => false,
  });
}

export function applyToShards<List extends ListOf<ApiShard> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (shard: ApiShard) => shard.name, {
    put: (change): ApiShard | null =>
      change.topic === "shard"
        ? { ...change.body, config: change.body.config && { ...change.body.config } }
        : null,
    removes: (change) => change.topic === "shard-removed",
  });
}

export function applyToDeckies<List extends ListOf<ApiDecky> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (decky: ApiDecky) => decky.name, {
    put: (change): ApiDecky | null =>
      change.topic === "decky" ? { ...change.body, services: [...change.body.services] } : null,
    removes: (change) => change.topic === "decky-removed",
  });
}

export function applyToAlarms<List extends ListOf<ApiAlarm> | null>(
  list: List,
  changes: readonly Change[],
): List {
  return applyByKey(list, changes, (alarm: ApiAlarm) => String(alarm.id), {
    put: (change): ApiAlarm | null => (change.topic === "alarm" ? change.body : null),
    removes: () => false,
  });
}

/** A change of problems tells all that a host has now. */
export function applyToProblems<List extends ListOf<ApiHostProblem> | null>(
  list: List,
  changes: readonly Change[],
): List {
  if (list === null) return list;
  let { items, seq } = list;
  for (const change of changes) {
    if (change.seq <= seq || change.topic !== "problems") continue;
    items = [...items.filter((problem) => problem.hostUuid !== change.key), ...change.body];
  }
  seq = newestSeq(seq, changes);
  return items === list.items ? list : { ...list, items, seq };
}

export function applyToEvents(
  list: EventList,
  filter: EventFilter,
  changes: readonly Change[],
): EventList {
  const held = list.items[0]?.seq ?? 0;
  const fresh: ApiEvent[] = [];
  for (const change of changes) {
    if (change.seq <= list.seq || change.topic !== "event") continue;
    if (change.body.seq > held && matchesFilter(change.body, filter)) fresh.unshift(change.body);
  }
  if (fresh.length === 0) return list;
  const all = [...fresh, ...list.items];
  return {
    ...list,
    items: all.slice(0, MAX_EVENTS_HELD),
    more: list.more || all.length > MAX_EVENTS_HELD,
    seq: newestSeq(list.seq, changes),
  };
}

export function matchesFilter(event: ApiEvent, filter: EventFilter): boolean {
  return (
    (filter.decky === undefined || event.decky === filter.decky) &&
    (filter.host === undefined || event.host_uuid === filter.host) &&
    (filter.kind === undefined || event.kind === filter.kind) &&
    (filter.src === undefined || event.src_ip === filter.src) &&
    (filter.session === undefined || event.session === filter.session)
  );
}

interface KeyedRules<T> {
  /** What the change puts under its key; null if it is about something else. */
  put(change: Change, had: T | undefined): T | null;
  removes(change: Change): boolean;
}

/** Works on a map, so that a burst of changes costs one copy of the list and not one each. */
function applyByKey<T, List extends ListOf<T> | null>(
  list: List,
  changes: readonly Change[],
  keyOf: (item: T) => string,
  rules: KeyedRules<T>,
): List {
  if (list === null) return list;
  let byKey: Map<string, T> | null = null;
  for (const change of changes) {
    if (change.seq <= list.seq) continue;
    const removes = rules.removes(change);
    if (!removes && rules.put(change, undefined) === null) continue;
    byKey ??= new Map(list.items.map((item) => [keyOf(item), item]));
    const next = removes ? null : rules.put(change, byKey.get(change.key));
    if (next === null) byKey.delete(change.key);
    else byKey.set(change.key, next);
  }
  if (byKey === null) return list;
  return { ...list, items: [...byKey.values()], seq: newestSeq(list.seq, changes) };
}

function newestSeq(seq: number, changes: readonly Change[]): number {
  return Math.max(seq, changes.at(-1)?.seq ?? 0);
}

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
