import type { ListOf } from "../../../src/wire/api/common.ts";
import {
  alarmsQuery,
  deckiesQuery,
  hostsQuery,
  problemsQuery,
  queryClient,
  shardsQuery,
} from "../api/queries.ts";
import { apiTokensQuery, operatorsQuery, tokensQuery } from "../api/records.ts";
import type { AuditFilter, AuditList } from "./audit-list.ts";
import type { EventFilter, EventList, LiveCache } from "./reduce.ts";

const LIVE_KEYS = [
  hostsQuery.queryKey,
  shardsQuery.queryKey,
  deckiesQuery.queryKey,
  problemsQuery.queryKey,
  alarmsQuery.queryKey,
  tokensQuery.queryKey,
  apiTokensQuery.queryKey,
  operatorsQuery.queryKey,
  ["events"],
  ["audit"],
] as const;

/**
 * Reads the lists that the stream keeps; those held already too, if changes to them were missed.
 * @returns The oldest `seq` among them.
 * @throws {ApiFailure} If one cannot be read: the caller tries all again.
 */
export async function readAfresh(missed: boolean): Promise<number> {
  if (missed) {
    for (const queryKey of LIVE_KEYS) {
      queryClient.removeQueries({ queryKey, type: "inactive" });
      await queryClient.refetchQueries({ queryKey }, { throwOnError: true });
    }
  }
  await Promise.all([
    queryClient.ensureQueryData(hostsQuery),
    queryClient.ensureQueryData(shardsQuery),
    queryClient.ensureQueryData(deckiesQuery),
    queryClient.ensureQueryData(problemsQuery),
    queryClient.ensureQueryData(alarmsQuery),
  ]);
  const lists = LIVE_KEYS.flatMap((queryKey) =>
    queryClient.getQueriesData<ListOf<unknown>>({ queryKey }),
  );
  return Math.min(...lists.flatMap(([, list]) => list?.seq ?? []));
}

export function readCache(): LiveCache {
  return {
    hosts: queryClient.getQueryData(hostsQuery.queryKey) ?? null,
    problems: queryClient.getQueryData(problemsQuery.queryKey) ?? null,
    alarms: queryClient.getQueryData(alarmsQuery.queryKey) ?? null,
    shards: queryClient.getQueryData(shardsQuery.queryKey) ?? null,
    deckies: queryClient.getQueryData(deckiesQuery.queryKey) ?? null,
    tokens: queryClient.getQueryData(tokensQuery.queryKey) ?? null,
    apiTokens: queryClient.getQueryData(apiTokensQuery.queryKey) ?? null,
    operators: queryClient.getQueryData(operatorsQuery.queryKey) ?? null,
    events: queryClient
      .getQueriesData<EventList>({ queryKey: ["events"] })
      .flatMap(([[, filter], list]) => (list ? [{ filter: filter as EventFilter, list }] : [])),
    audit: queryClient
      .getQueriesData<AuditList>({ queryKey: ["audit"] })
      .flatMap(([[, filter], list]) => (list ? [{ filter: filter as AuditFilter, list }] : [])),
  };
}

export function writeCache(next: LiveCache): void {
  const lists = [
    [hostsQuery.queryKey, next.hosts],
    [problemsQuery.queryKey, next.problems],
    [alarmsQuery.queryKey, next.alarms],
    [shardsQuery.queryKey, next.shards],
    [deckiesQuery.queryKey, next.deckies],
    [tokensQuery.queryKey, next.tokens],
    [apiTokensQuery.queryKey, next.apiTokens],
    [operatorsQuery.queryKey, next.operators],
    ...next.audit.map(({ filter, list }) => [["audit", filter], list] as const),
    ...next.events.map(({ filter, list }) => [["events", filter], list] as const),
  ] as const;
  for (const [key, list] of lists) {
    if (list !== null && queryClient.getQueryData(key) !== list) {
      queryClient.setQueryData(key, list);
    }
  }
}
