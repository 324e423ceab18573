import type { Change } from "../domain/change.ts";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { Store } from "../store/store.ts";
import type { StreamMessages } from "../wire/api/stream.ts";

/** One message of the stream, made once for all who listen. */
export interface LiveMessage {
  readonly event: keyof StreamMessages;
  /** Of a change only: what it tells of. Its seq is the place to resume after. */
  readonly change: Change | null;
  readonly json: string;
}

export interface Live {
  /**
   * Sends `hello`, then every change after `sinceSeq` in order, each once, and goes on with those
   * to come. Where the journal does not reach back so far: `reset`, then what comes after it.
   *
   * @param sinceSeq Null starts at the head.
   * @param send False ends the subscription: the consumer is gone or too slow.
   * @returns How to stop; may be called again.
   */
  subscribe(sinceSeq: number | null, send: (message: LiveMessage) => boolean): () => void;
  /** A host was heard. Costs nothing while nobody listens. */
  seen(hostUuid: string, atMs: number): void;
  /** What `GET /status` counts has changed, and no change tells of it. */
  counted(): void;
  close(): void;
}

const BATCH = 500;
const GATHER_MS = 1_000;
const RETRY_MS = 1_000;

interface Subscriber {
  /** Everything up to here was sent; null until the head is known. */
  position: number | null;
  send(message: LiveMessage): boolean;
}

/**
 * Fans the journal out: one reader for all who listen. It reads from the place of whoever is
 * furthest behind, so that catching up and keeping up are the same thing.
 */
export function createLive(deps: {
  readonly store: Pick<Store, "changesAfter" | "headSeq" | "onChange">;
  readonly clock: Clock;
  readonly log: Log;
}): Live {
  const { store, clock, log } = deps;
  const subscribers = new Set<Subscriber>();
  const closing = new AbortController();
  let seenMs = new Map<string, number>();
  let hasCounted = false;
  let gathering = false;
  let reading = false;
  /** Something was committed, or somebody joined, since the last read began. */
  let stale = false;

  const send = (subscriber: Subscriber, message: LiveMessage): void => {
    if (subscribers.has(subscriber) && !subscriber.send(message)) subscribers.delete(subscriber);
  };

  /** Reads one batch and sends it. @returns False once nothing is left to read. */
  async function readOn(): Promise<boolean> {
    let from = Number.POSITIVE_INFINITY;
    for (const { position } of subscribers) if (position !== null) from = Math.min(from, position);
    if (from === Number.POSITIVE_INFINITY) return false;
    const changes = await store.changesAfter(from, BATCH);
    if (changes === null) {
      const seq = await store.headSeq();
      for (const subscriber of subscribers) {
        if (subscriber.position === from) reset(subscriber, seq);
      }
      return true;
    }
    for (const change of changes) {
      const message = framed("change", change, change);
      for (const subscriber of subscribers) {
        const { position } = subscriber;
        // Who joined meanwhile from further back is not yet due: the next batch starts at his place.
        if (position === null || position < from || position >= change.seq) continue;
        subscriber.position = change.seq;
        send(subscriber, message);
      }
    }
    return changes.length > 0;
  }

  function reset(subscriber: Subscriber, seq: number): void {
    subscriber.position = seq;
    send(subscriber, framed("reset", { seq }));
  }

  async function pump(): Promise<void> {
    stale = true;
    if (reading) return;
    reading = true;
    try {
      let more = true;
      while ((more || stale) && !closing.signal.aborted) {
        stale = false;
        try {
          more = await readOn();
        } catch (error) {
          log.warn("live stream cannot read the journal; trying again", { error });
          await pause(RETRY_MS);
          more = true;
        }
      }
    } finally {
      reading = false;
    }
  }

  /** @returns Once the time is over or the hub is closed. */
  async function pause(ms: number): Promise<void> {
    await clock.sleep(ms, closing.signal).catch(() => {});
  }

  async function greet(subscriber: Subscriber, sinceSeq: number | null): Promise<void> {
    while (subscribers.has(subscriber)) {
      try {
        const seq = await store.headSeq();
        send(subscriber, framed("hello", { nowMs: clock.nowMs(), seq }));
        // A place beyond the head is of another database: its changes are not ours.
        if (sinceSeq !== null && sinceSeq > seq) reset(subscriber, seq);
        else subscriber.position = sinceSeq ?? seq;
        return await pump();
      } catch (error) {
        log.warn("live stream cannot read the journal's head; trying again", { error });
        await pause(RETRY_MS);
      }
    }
  }

  /** Sends, in a while, what has come by then that is not in the journal. */
  async function gather(): Promise<void> {
    if (gathering) return;
    gathering = true;
    await pause(GATHER_MS);
    gathering = false;
    const hosts = Object.fromEntries(seenMs);
    const nowMs = clock.nowMs();
    const messages = [
      ...(seenMs.size > 0 ? [framed("seen", { nowMs, hosts })] : []),
      ...(hasCounted ? [framed("status", { nowMs })] : []),
    ];
    seenMs = new Map();
    hasCounted = false;
    if (closing.signal.aborted) return;
    for (const message of messages) {
      for (const subscriber of subscribers) {
        // Nobody is told of anything before hello.
        if (subscriber.position !== null) send(subscriber, message);
      }
    }
  }

  const stopListening = store.onChange(() => void pump());

  return {
    subscribe(sinceSeq, send) {
      const subscriber: Subscriber = { position: null, send };
      subscribers.add(subscriber);
      void greet(subscriber, sinceSeq);
      return () => void subscribers.delete(subscriber);
    },
    seen(hostUuid, atMs) {
      if (subscribers.size === 0) return;
      seenMs.set(hostUuid, atMs);
      void gather();
    },
    counted() {
      if (subscribers.size === 0) return;
      hasCounted = true;
      void gather();
    },
    close() {
      stopListening();
      closing.abort();
      subscribers.clear();
    },
  };
}

function framed<E extends keyof StreamMessages>(
  event: E,
  data: StreamMessages[E],
  change: Change | null = null,
): LiveMessage {
  return { event, change, json: JSON.stringify(data) };
}
