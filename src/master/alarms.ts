import type { Sighting } from "../domain/alarm.ts";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { Store } from "../store/store.ts";

/** Raises alarms so that nobody can flood the store with them. */
export interface Alarms {
  /** Counts a sighting. The first of its kind is written at once, the others at most once a minute. */
  sighted(sighting: Sighting): void;
  /** A certificate was refused that may have been pinned once: then it is a sighting. */
  refused(fingerprint: string, address: string): void;
  /** Looks for renewals that are overdue; each certificate is told of once. */
  lookForOverdue(nowMs: number): Promise<void>;
  /** Writes what was counted and not yet written. */
  close(): Promise<void>;
}

const WRITE_EVERY_MS = 60_000;
/** Sightings are of certificates that were pinned once, so there are few; and never more than this. */
const MOST_KEPT = 10_000;

interface Counted {
  readonly sighting: Sighting;
  unwritten: number;
  writtenMs: number;
}

export function createAlarms(deps: {
  readonly store: Pick<Store, "raiseAlarm" | "findPin" | "listRenewalsOverdue">;
  readonly clock: Clock;
  readonly log: Log;
}): Alarms {
  const { store, clock, log } = deps;
  const counted = new Map<string, Counted>();
  const told = new Set<string>();
  const stop = new AbortController();
  const underWay = new Set<Promise<void>>();

  /** The caller need not wait; `close` does. */
  function start(work: Promise<void>): void {
    underWay.add(work);
    void work.then(() => underWay.delete(work));
  }

  async function write(entry: Counted): Promise<void> {
    const count = entry.unwritten;
    entry.unwritten = 0;
    entry.writtenMs = clock.nowMs();
    try {
      await store.raiseAlarm({ ...entry.sighting, atMs: entry.writtenMs, count });
    } catch (error) {
      entry.unwritten += count;
      log.error("alarm could not be kept; it is tried again", { ...entry.sighting, error });
    }
  }

  function sighted(sighting: Sighting): void {
    const key = `${sighting.kind} ${sighting.hostUuid} ${sighting.detail}`;
    const before = counted.get(key);
    if (before !== undefined) {
      before.unwritten += 1;
      return;
    }
    if (counted.size >= MOST_KEPT) return;
    log.warn("alarm", { ...sighting });
    const entry: Counted = { sighting, unwritten: 1, writtenMs: 0 };
    counted.set(key, entry);
    start(write(entry));
  }

  async function lookUp(fingerprint: string, address: string): Promise<void> {
    try {
      const pin = await store.findPin(fingerprint);
      if (pin === null) return;
      const { host, slot } = pin;
      if (host.state !== "decommissioned" && slot !== "retired") return;
      const kind =
        host.state === "decommissioned" ? "decommissioned-certificate" : "retired-certificate";
      sighted({ kind, hostUuid: host.uuid, detail: fingerprint, address });
    } catch (error) {
      log.error("could not look up a certificate that was refused", { fingerprint, error });
    }
  }

  async function rounds(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(WRITE_EVERY_MS, stop.signal).catch(() => {});
      for (const [key, entry] of counted) {
        if (entry.unwritten > 0) await write(entry);
        else counted.delete(key);
      }
    }
  }
  const done = rounds();

  return {
    sighted,
    refused: (fingerprint, address) => start(lookUp(fingerprint, address)),
    async lookForOverdue(nowMs) {
      for (const { uuid, fingerprint } of await store.listRenewalsOverdue(nowMs)) {
        if (told.has(fingerprint)) continue;
        const sighting = { kind: "renewal-overdue", hostUuid: uuid, detail: fingerprint } as const;
        await store.raiseAlarm({ ...sighting, address: null, atMs: nowMs, count: 1 });
        told.add(fingerprint);
        log.warn("alarm", sighting);
      }
    },
    async close() {
      stop.abort();
      await Promise.all(underWay);
      await done;
    },
  };
}
