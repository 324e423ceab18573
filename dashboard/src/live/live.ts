import { useSyncExternalStore } from "react";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { refreshRecords } from "../api/actions.ts";
import {
  alarmsQuery,
  deckiesQuery,
  hostsQuery,
  journal,
  problemsQuery,
  queryClient,
  shardsQuery,
  statusQuery,
} from "../api/queries.ts";
import { masterNowMs, setMasterClock } from "../clock.ts";
import { type Connection, keepConnected, type StreamPhase } from "./connection.ts";
import {
  applyChanges,
  applySeen,
  type Change,
  type EventFilter,
  type EventList,
  type LiveCache,
} from "./reduce.ts";
import type { StreamMessage } from "./sse.ts";

/** Changes that come together are drawn together. */
const GATHER_MS = 50;

let phase: StreamPhase = { kind: "connecting" };
const phaseListeners = new Set<() => void>();

export function useStreamPhase(): StreamPhase {
  return useSyncExternalStore(
    (listener) => {
      phaseListeners.add(listener);
      return () => phaseListeners.delete(listener);
    },
    () => phase,
  );
}

/**
 * Feeds the query cache from the master's stream until called off: the only thing that keeps this
 * page true. Opens it from the oldest of the lists, so that nothing falls in between.
 *
 * @param onUnauthorized Called once, when the session has ended.
 */
export function startLive(onUnauthorized: () => void): () => void {
  let sinceSeq: number | null = null;
  let missed = false;
  let pending: Change[] = [];
  let gathering: ReturnType<typeof setTimeout> | undefined;

  function flush(): void {
    clearTimeout(gathering);
    gathering = undefined;
    const changes = pending;
    pending = [];
    if (changes.length === 0) return;
    writeCache(applyChanges(readCache(), changes));
    if (changes.some(({ topic }) => topic !== "event" && topic !== "shard")) refreshRecords();
  }

  function take(message: StreamMessage): void {
    switch (message.name) {
      case "hello":
        setMasterClock(message.data.nowMs);
        // Counts that only the master has; a reconnect may have missed some.
        void queryClient.invalidateQueries({ queryKey: statusQuery.queryKey });
        return;
      case "seen":
        setMasterClock(message.data.nowMs);
        queryClient.setQueryData<ListOf<ApiHost>>(hostsQuery.queryKey, (list) =>
          list ? applySeen(list, message.data.hosts) : list,
        );
        return;
      case "change":
        sinceSeq = message.data.seq;
        journal.add(message.data);
        pending.push(message.data);
        gathering ??= setTimeout(flush, GATHER_MS);
        return;
      case "reset":
        pending = [];
        sinceSeq = null;
        missed = true;
        journal.restart(null);
        throw new Error("The journal does not reach back: read all lists again.");
    }
  }

  // What is left of an earlier session may be another master's.
  journal.restart(null);

  async function open(signal: AbortSignal): Promise<Response> {
    if (sinceSeq === null) {
      const seq = await readAfresh(missed);
      missed = false;
      journal.restart(seq);
      sinceSeq = seq;
    }
    return fetch(`/api/v1/stream?since=${sinceSeq}`, {
      signal,
      credentials: "same-origin",
      cache: "no-store",
      headers: { accept: "text/event-stream", "last-event-id": String(sinceSeq) },
    });
  }

  const connection = keepConnected({
    open,
    onMessage: take,
    onPhase: setPhase,
    onUnauthorized,
    nowMs: masterNowMs,
    after: (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
  });
  const callOffHurry = hurryOnReturn(connection);
  return () => {
    callOffHurry();
    connection.close();
    clearTimeout(gathering);
  };
}

function setPhase(next: StreamPhase): void {
  phase = next;
  for (const listener of phaseListeners) listener();
}

const LIVE_KEYS = [
  hostsQuery.queryKey,
  shardsQuery.queryKey,
  deckiesQuery.queryKey,
  problemsQuery.queryKey,
  alarmsQuery.queryKey,
  ["events"],
] as const;

/**
 * Reads the lists that the stream keeps; those held already too, if changes to them were missed.
 * @returns The oldest `seq` among them.
 * @throws {ApiFailure} If one cannot be read: the caller tries all again.
 */
async function readAfresh(missed: boolean): Promise<number> {
  if (missed) {
    for (const queryKey of LIVE_KEYS) {
      queryClient.removeQueries({ queryKey, type: "inactive" });
      await queryClient.refetchQueries({ queryKey }, { throwOnError: true });
    }
  }
  const lists = await Promise.all([
    queryClient.ensureQueryData(hostsQuery),
    queryClient.ensureQueryData(shardsQuery),
    queryClient.ensureQueryData(deckiesQuery),
    queryClient.ensureQueryData(problemsQuery),
    queryClient.ensureQueryData(alarmsQuery),
  ]);
  const events = queryClient.getQueriesData<EventList>({ queryKey: ["events"] });
  const seqs = [...lists, ...events.map(([, list]) => list)].flatMap((list) => list?.seq ?? []);
  return Math.min(...seqs);
}

function readCache(): LiveCache {
  return {
    hosts: queryClient.getQueryData(hostsQuery.queryKey) ?? null,
    problems: queryClient.getQueryData(problemsQuery.queryKey) ?? null,
    alarms: queryClient.getQueryData(alarmsQuery.queryKey) ?? null,
    shards: queryClient.getQueryData(shardsQuery.queryKey) ?? null,
    deckies: queryClient.getQueryData(deckiesQuery.queryKey) ?? null,
    events: queryClient
      .getQueriesData<EventList>({ queryKey: ["events"] })
      .flatMap(([[, filter], list]) => (list ? [{ filter: filter as EventFilter, list }] : [])),
  };
}

function writeCache(next: LiveCache): void {
  const lists = [
    [hostsQuery.queryKey, next.hosts],
    [problemsQuery.queryKey, next.problems],
    [alarmsQuery.queryKey, next.alarms],
    [shardsQuery.queryKey, next.shards],
    [deckiesQuery.queryKey, next.deckies],
    ...next.events.map(({ filter, list }) => [["events", filter], list] as const),
  ] as const;
  for (const [key, list] of lists) {
    if (list !== null && queryClient.getQueryData(key) !== list) {
      queryClient.setQueryData(key, list);
    }
  }
}

/** A laptop that wakes up, or a cable that is back, need not wait for the next try. */
function hurryOnReturn(connection: Connection): () => void {
  const hurry = () => {
    if (document.visibilityState === "visible") connection.hurry();
  };
  window.addEventListener("online", hurry);
  document.addEventListener("visibilitychange", hurry);
  return () => {
    window.removeEventListener("online", hurry);
    document.removeEventListener("visibilitychange", hurry);
  };
}
