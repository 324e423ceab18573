import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiAuditEntry, ApiAuditVerdict } from "../../../src/wire/api/audit.ts";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiDecky, ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import type { ApiOperator } from "../../../src/wire/api/operator.ts";
import type { ApiSession } from "../../../src/wire/api/session.ts";
import type { ApiStatus } from "../../../src/wire/api/status.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { setMasterClock } from "../clock.ts";
import { createJournal } from "../live/journal.ts";
import {
  applyToAlarms,
  applyToDeckies,
  applyToEvents,
  applyToHosts,
  applyToProblems,
  applyToShards,
  type Change,
  type EventFilter,
  type EventList,
} from "../live/reduce.ts";
import { ApiFailure, callApi, queryOf } from "./client.ts";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // The stream keeps what is held true; nothing is asked for twice because time went by.
      staleTime: Number.POSITIVE_INFINITY,
      // What did not change stays the same object by the reducers' doing.
      structuralSharing: false,
      refetchOnWindowFocus: false,
      refetchOnReconnect: false,
      retry: (count, cause) =>
        count < 3 && !(cause instanceof ApiFailure && cause.status >= 400 && cause.status < 500),
    },
  },
});

export const journal = createJournal();

/** Reads a list and brings it up to what the stream has already told. */
async function readList<T, List extends ListOf<T>>(
  path: string,
  signal: AbortSignal,
  toList: (answer: ListOf<T>) => List,
  apply: (list: List, changes: readonly Change[]) => List,
): Promise<List> {
  const answer = await callApi<ListOf<T>>(path, { signal });
  setMasterClock(answer.nowMs);
  return apply(toList(answer), journal.after(answer.seq));
}

const same = <T>(list: ListOf<T>) => list;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<ApiSession | null> => {
    try {
      const session = await callApi<ApiSession>("/session", { signal });
      setMasterClock(session.nowMs);
      return session;
    } catch (cause) {
      if (cause instanceof ApiFailure && cause.status === 401) return null;
      throw cause;
    }
  },
});

export const statusQuery = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => callApi<ApiStatus>("/status", { signal }),
});

/** Tombstones too: their pages and events stay. What lists hosts leaves them out. */
export const hostsQuery = queryOptions({
  queryKey: ["hosts"],
  queryFn: ({ signal }) =>
    readList<ApiHost, ListOf<ApiHost>>("/hosts?decommissioned=true", signal, same, applyToHosts),
});

export const problemsQuery = queryOptions({
  queryKey: ["problems"],
  queryFn: ({ signal }) =>
    readList<ApiHostProblem, ListOf<ApiHostProblem>>("/problems", signal, same, applyToProblems),
});

export const alarmsQuery = queryOptions({
  queryKey: ["alarms"],
  queryFn: ({ signal }) =>
    readList<ApiAlarm, ListOf<ApiAlarm>>("/alarms", signal, same, applyToAlarms),
});

export const shardsQuery = queryOptions({
  queryKey: ["shards"],
  queryFn: ({ signal }) =>
    readList<ApiShard, ListOf<ApiShard>>("/shards", signal, same, applyToShards),
});

export const deckiesQuery = queryOptions({
  queryKey: ["deckies"],
  queryFn: ({ signal }) =>
    readList<ApiDecky, ListOf<ApiDecky>>("/deckies", signal, same, applyToDeckies),
});

const EVENTS_A_READ = 500;

export const eventsQuery = (filter: EventFilter = {}) =>
  queryOptions({
    queryKey: ["events", filter],
    queryFn: ({ signal }): Promise<EventList> =>
      readList(
        `/events${queryOf({ limit: EVENTS_A_READ, ...filter })}`,
        signal,
        (list) => ({ ...list, more: list.items.length === EVENTS_A_READ }) as EventList,
        (list, changes) => applyToEvents(list, filter, changes),
      ),
  });

/** Reads what is older than the oldest event held, and puts it below. */
export async function readOlderEvents(filter: EventFilter): Promise<void> {
  const key = eventsQuery(filter).queryKey;
  const oldestSeq = queryClient.getQueryData<EventList>(key)?.items.at(-1)?.seq;
  if (oldestSeq === undefined) return;
  const older = await callApi<EventList>(
    `/events${queryOf({ limit: EVENTS_A_READ, before: oldestSeq, ...filter })}`,
  );
  queryClient.setQueryData<EventList>(key, (list) =>
    list === undefined || list.items.at(-1)?.seq !== oldestSeq
      ? list
      : {
          ...list,
          items: [...list.items, ...older.items],
          more: older.items.length === EVENTS_A_READ,
        },
  );
}

export const tokensQuery = queryOptions({
  queryKey: ["tokens"],
  // Made or revoked elsewhere: the stream does not tell.
  refetchOnMount: "always",
  queryFn: async ({ signal }) =>
    (await callApi<{ items: ApiToken[] }>("/tokens", { signal })).items,
});

export const AUDIT_A_READ = 200;

export const readAudit = (before: number | undefined, signal?: AbortSignal) =>
  callApi<ListOf<ApiAuditEntry>>(`/audit${queryOf({ limit: AUDIT_A_READ, before })}`, { signal });

/** Whether the whole log is as it was written. Reads all of it: only when asked to. */
export const verifyAudit = () => callApi<ApiAuditVerdict>("/audit/verify");

export const operatorsQuery = queryOptions({
  queryKey: ["operators"],
  refetchOnMount: "always",
  queryFn: async ({ signal }) =>
    (await callApi<ListOf<ApiOperator>>("/operators", { signal })).items,
});

const none: readonly never[] = [];

/** Hosts, deckies and shards as live lists; empty until read. */
export function useHosts(): readonly ApiHost[] {
  return useQuery(hostsQuery).data?.items ?? none;
}

export function useShards(): readonly ApiShard[] {
  return useQuery(shardsQuery).data?.items ?? none;
}

export function useDeckies(): readonly ApiDecky[] {
  return useQuery(deckiesQuery).data?.items ?? none;
}

/** Those that nobody acknowledged. */
export function useAlarms(): readonly ApiAlarm[] {
  const items = useQuery(alarmsQuery).data?.items;
  return useMemo(
    () => items?.filter(({ acknowledgedMs }) => acknowledgedMs === null) ?? none,
    [items],
  );
}

export function useProblems(): readonly ApiHostProblem[] {
  return useQuery(problemsQuery).data?.items ?? none;
}
