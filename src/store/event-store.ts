import type { DecoyEvent, StoredEvent } from "../domain/event.ts";
import type { IdentityRefused } from "./host-store.ts";

export interface EventStore {
  /**
   * Stores what is new of the events that a host sends. Under the same fence as a heartbeat: pin
   * current or next, host neither quarantined nor a tombstone. An event of a decky that belongs to
   * another host is refused, and so is one that claims another host; one of a decky that has been
   * removed meanwhile is kept.
   */
  appendEvents(batch: {
    readonly fingerprint: string;
    readonly nowMs: number;
    readonly events: readonly DecoyEvent[];
  }): Promise<EventsOutcome>;
  /** Newest first. */
  listEvents(query: {
    readonly limit: number;
    /** Only those with a smaller `seq`. */
    readonly beforeSeq?: number;
    readonly decky?: string;
    readonly hostUuid?: string;
    readonly kind?: string;
    readonly srcIp?: string;
    readonly session?: string;
  }): Promise<readonly StoredEvent[]>;
  countEvents(): Promise<number>;
  /**
   * Forgets the oldest events, at most `limit`, that were stored before `beforeMs`, and the journal
   * up to them: who resumes from there reads afresh.
   * @returns How many.
   */
  purgeEvents(purge: { readonly beforeMs: number; readonly limit: number }): Promise<number>;
}

export type EventsOutcome =
  | {
      readonly kind: "accepted";
      readonly stored: number;
      /** Had already: sent again after an answer was lost. */
      readonly duplicates: number;
      /** Never to be sent again: ids of events that are not this host's to send. */
      readonly refused: readonly string[];
    }
  | IdentityRefused;
