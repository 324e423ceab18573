import { Value } from "typebox/value";
import type { Clock } from "../domain/clock.ts";
import { DecnetError } from "../domain/errors.ts";
import { ApiEvent } from "../wire/api/event.ts";
import { listSchema, type MasterApi } from "./api-client.ts";

const RETRY_MS = 1000;
const PAGE = 1000;

/** Which events; all that is given must fit. */
export interface EventFilter {
  readonly decky?: string | undefined;
  readonly host?: string | undefined;
  readonly kind?: string | undefined;
  readonly src?: string | undefined;
}

/** The newest events, oldest first, and the place in the journal after which to follow on. */
export async function recentEvents(
  api: MasterApi,
  limit: number,
  filter: EventFilter,
): Promise<{ readonly events: readonly ApiEvent[]; readonly seq: number }> {
  const query = new URLSearchParams({ limit: `${Math.max(limit, 1)}` });
  for (const [name, value] of Object.entries(filter)) {
    if (value !== undefined) query.set(name, String(value));
  }
  const { items, seq } = await api.call("GET", `/events?${query.toString()}`, listSchema(ApiEvent));
  return { events: limit === 0 ? [] : items.toReversed(), seq };
}

/**
 * Every event that is stored after the journal's `since`, in order, until `signal` aborts: also
 * across restarts of the master, for which it waits.
 */
export async function* followEvents(
  api: MasterApi,
  since: number,
  clock: Clock,
  signal: AbortSignal,
): AsyncGenerator<ApiEvent> {
  let seq = since;
  let newest = 0;
  while (!signal.aborted) {
    try {
      for await (const message of api.stream(seq, signal)) {
        if (message.event === "reset") {
          const missed = await missedEvents(api, newest);
          for (const event of missed.events) {
            newest = event.seq;
            yield event;
          }
          seq = missed.seq;
          break;
        }
        const change = message.event === "change" ? readChange(message.data) : null;
        if (change === null) continue;
        seq = change.seq;
        // A list that was read beside the stream may have told of it already.
        if (change.event === null || change.event.seq <= newest) continue;
        newest = change.event.seq;
        yield change.event;
      }
    } catch (cause) {
      if (signal.aborted) return;
      if (!(cause instanceof DecnetError) && !isBroken(cause)) throw cause;
      if (cause instanceof DecnetError && cause.code !== "master-unreachable") throw cause;
    }
    await clock.sleep(RETRY_MS, signal).catch(() => {});
  }
}

/** What came in while the journal ran past us; at most one page, the newest. */
async function missedEvents(api: MasterApi, newest: number) {
  const { events, seq } = await recentEvents(api, PAGE, {});
  return { events: newest === 0 ? [] : events.filter((event) => event.seq > newest), seq };
}

function readChange(data: string): { readonly seq: number; readonly event: ApiEvent | null } {
  const change = JSON.parse(data) as { seq: number; topic: string; body: unknown };
  const event = change.topic === "event" && Value.Check(ApiEvent, change.body) ? change.body : null;
  return { seq: change.seq, event };
}

function isBroken(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string";
}
