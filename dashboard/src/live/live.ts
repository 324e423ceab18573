import { useSyncExternalStore } from "react";
import type { ListOf } from "../../../src/wire/api/common.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { hostsQuery, journal, queryClient, sessionQuery, statusQuery } from "../api/queries.ts";
import { masterNowMs, setMasterClock } from "../clock.ts";
import { readAfresh, readCache, writeCache } from "./cache.ts";
import { type Connection, keepConnected, type StreamPhase } from "./connection.ts";
import type { Change } from "./keyed.ts";
import { applyChanges, applySeen } from "./reduce.ts";
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
    for (const change of changes) applyToSession(change);
    if (changes.some(changesStatus)) readStatus();
  }

  function take(message: StreamMessage): void {
    switch (message.name) {
      case "hello":
      case "status":
        // Counts that only the master has; a reconnect may have missed some.
        setMasterClock(message.data.nowMs);
        readStatus();
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

/** What the master says of itself, again, if it is looked at. */
function readStatus(): void {
  void queryClient.invalidateQueries({ queryKey: statusQuery.queryKey });
}

/** How far a rotation is, and whether there is one, only the master counts. */
function changesStatus(change: Change): boolean {
  if (change.topic === "trust") return true;
  if (change.topic === "audit") return change.body.action.startsWith("authority.");
  const isRotating = queryClient.getQueryData(statusQuery.queryKey)?.rotation != null;
  return change.topic === "host" && isRotating;
}

/** Of the account that is logged in here, in another window or by an admin. A new role ends the session. */
function applyToSession(change: Change): void {
  if (change.topic !== "operator") return;
  const { name, hasTotp } = change.body;
  queryClient.setQueryData(sessionQuery.queryKey, (session) =>
    session?.user === name ? { ...session, hasTotp } : session,
  );
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
