import { QueryClient, queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiDecky, ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import type { ApiSession } from "../../../src/wire/api/session.ts";
import type { ApiStatus } from "../../../src/wire/api/status.ts";
import { setMasterClock } from "../clock.ts";
import { createJournal } from "../live/journal.ts";
import type { Change } from "../live/keyed.ts";
import type { NewestList } from "../live/newest.ts";
import {
  applyToAlarms,
  applyToDeckies,
  applyToEvents,
  applyToHosts,
  applyToProblems,
  applyToShards,
  type EventFilter,
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
export async function readList<T, List extends ListOf<T>>(
  path: string,
  signal: AbortSignal,
  toList: (answer: ListOf<T>) => List,
  apply: (list: List, changes: readonly Change[]) => List,
): Promise<List> {
  const answer = await callApi<ListOf<T>>(path, { signal });
  setMasterClock(answer.nowMs);
  return apply(toList(answer), journal.after(answer.seq));
}

export const same = <T>(list: ListOf<T>) => list;

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

const A_READ = 500;

export const eventsQuery = (filter: EventFilter = {}) =>
  queryOptions({
    queryKey: ["events", filter],
    queryFn: ({ signal }) =>
      readNewest<ApiEvent>("/events", filter, signal, (list, changes) =>
        applyToEvents(list, filter, changes),
      ),
  });

/** Reads the newest of a list that only grows. */
export function readNewest<T>(
  path: string,
  filter: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
  apply: (list: NewestList<T>, changes: readonly Change[]) => NewestList<T>,
): Promise<NewestList<T>> {
  return readList<T, NewestList<T>>(
    `${path}${queryOf({ limit: A_READ, ...filter })}`,
    signal,
    (list) => ({ ...list, more: list.items.length === A_READ }),
    apply,
  );
}

/** Reads what is older than the oldest event held, and puts it below. */
export const readOlderEvents = (filter: EventFilter) =>
  readOlder("/events", eventsQuery(filter).queryKey, filter, "seq");

/**
 * Reads what is older than the oldest one held, and puts it below.
 * @param place By what the list is ordered.
 */
export async function readOlder(
  path: string,
  queryKey: readonly unknown[],
  filter: Readonly<Record<string, string | undefined>>,
  place: "seq" | "id",
): Promise<void> {
  type List = NewestList<{ readonly seq?: number; readonly id?: number }>;
  const before = queryClient.getQueryData<List>(queryKey)?.items.at(-1)?.[place];
  if (before === undefined) return;
  const older = await callApi<List>(`${path}${queryOf({ limit: A_READ, before, ...filter })}`);
  queryClient.setQueryData<List>(queryKey, (list) =>
    list === undefined || list.items.at(-1)?.[place] !== before
      ? list
      : {
          ...list,
          items: [...list.items, ...older.items],
          more: older.items.length === A_READ,
        },
  );
}

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
