import type { Clock } from "../domain/clock.ts";
import type { ErrorCode } from "../domain/errors.ts";
import type { Log } from "../domain/log.ts";
import type { OperatorStore } from "../store/store.ts";
import type { Live } from "./live.ts";

/** Counts what agents do; what an attacker could flood is a number here and never a row. */
export interface Tally {
  accepted(): void;
  readonly refused: (code: ErrorCode) => void;
  readonly problem: (kind: "conflict" | "malformed") => void;
  readonly events: (counts: { readonly stored: number; readonly refused: number }) => void;
  /** Since the start, by outcome: `accepted`, or the code of the refusal. */
  readonly heartbeats: () => ReadonlyMap<string, number>;
  /** Writes what is not yet written. */
  close(): Promise<void>;
}

export const FLUSH_EVERY_MS = 5_000;

/** Refusals of the master's own making, after which silence says nothing. */
const LOST: ReadonlySet<ErrorCode> = new Set(["store-unavailable", "overloaded", "internal"]);

export function createTally(deps: {
  readonly store: Pick<OperatorStore, "addRefusals">;
  readonly clock: Clock;
  readonly log: Log;
  readonly onLost: () => void;
  /** Told when the store has new counts. */
  readonly live?: Pick<Live, "counted">;
}): Tally {
  const { store, clock, log } = deps;
  const sinceStart = new Map<string, number>();
  let unwritten = new Map<string, number>();
  const stop = new AbortController();

  const count = (name: string, added = 1) =>
    sinceStart.set(name, (sinceStart.get(name) ?? 0) + added);
  const refuse = (name: string, added = 1) => {
    count(name, added);
    unwritten.set(name, (unwritten.get(name) ?? 0) + added);
  };

  async function flush(): Promise<void> {
    if (unwritten.size === 0) return;
    const counts = unwritten;
    unwritten = new Map();
    try {
      await store.addRefusals(counts);
      deps.live?.counted();
    } catch (error) {
      for (const [name, added] of counts) unwritten.set(name, (unwritten.get(name) ?? 0) + added);
      log.error("refusals could not be counted in the store", { error });
    }
  }

  async function flushes(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(FLUSH_EVERY_MS, stop.signal).catch(() => {});
      await flush();
    }
  }
  const done = flushes();

  return {
    accepted: () => void count("accepted"),
    refused(code) {
      refuse(code);
      if (LOST.has(code)) deps.onLost();
    },
    problem: (kind) => refuse(`decky-${kind}`),
    events({ refused }) {
      if (refused > 0) refuse("event-refused", refused);
    },
    heartbeats: () => sinceStart,
    async close() {
      stop.abort();
      await done;
    },
  };
}
