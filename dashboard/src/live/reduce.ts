import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiDecky, ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiEvent, EventQuery } from "../../../src/wire/api/event.ts";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import type { ApiAccessToken, ApiOperator } from "../../../src/wire/api/operator.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { type AuditFilter, type AuditList, applyToAudit } from "./audit-list.ts";
import { applyByKey, type Change, newestSeq } from "./keyed.ts";
import { applyNewest, type NewestList } from "./newest.ts";
import { applyToApiTokens, applyToOperators, applyToTokens } from "./records.ts";

/** What narrows a list of events; an empty one takes all. */
export type EventFilter = Pick<EventQuery, "decky" | "host" | "kind" | "src" | "session">;

export type EventList = NewestList<ApiEvent>;

/** The lists that a page holds, each as of its own `seq`; null while not read yet. */
export interface LiveCache {
  readonly hosts: ListOf<ApiHost> | null;
  readonly problems: ListOf<ApiHostProblem> | null;
  readonly alarms: ListOf<ApiAlarm> | null;
  readonly shards: ListOf<ApiShard> | null;
  readonly deckies: ListOf<ApiDecky> | null;
  readonly tokens: ListOf<ApiToken> | null;
  readonly apiTokens: ListOf<ApiAccessToken> | null;
  readonly operators: ListOf<ApiOperator> | null;
  readonly events: readonly { readonly filter: EventFilter; readonly list: EventList }[];
  readonly audit: readonly { readonly filter: AuditFilter; readonly list: AuditList }[];
}

/**
 * The lists as they are after `changes`. Pure; a list that nothing touched stays the same object, so
 * that only what shows it is drawn anew. Changes that a list already shows (`seq` not above its own)
 * are passed over, which makes a repeat harmless.
 */
export function applyChanges(cache: LiveCache, changes: readonly Change[]): LiveCache {
  const hosts = applyToHosts(cache.hosts, changes);
  return {
    hosts,
    problems: applyToProblems(cache.problems, changes),
    alarms: applyToAlarms(cache.alarms, changes),
    shards: applyToShards(cache.shards, changes),
    deckies: applyToDeckies(cache.deckies, changes),
    tokens: applyToTokens(cache.tokens, changes),
    apiTokens: applyToApiTokens(cache.apiTokens, changes),
    operators: applyToOperators(cache.operators, changes),
    events: cache.events.map((entry) => {
      const list = applyToEvents(entry.list, entry.filter, changes);
      return list === entry.list ? entry : { ...entry, list };
    }),
    audit: cache.audit.map((entry) => {
      const list = applyToAudit(entry.list, entry.filter, changes, hosts?.items ?? []);
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
  return applyNewest(
    list,
    changes,
    ({ topic, body }) => (topic === "event" && matchesFilter(body, filter) ? body : null),
    ({ seq }) => seq,
  );
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

function latest(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.max(a, b);
}
