import type { DeckyConfig, ServiceStatus } from "./shard.ts";

/** What a heartbeat's body says, parsed and not yet believed. */
export interface HeartbeatReport {
  readonly hostUuid: string;
  readonly agentVersion: string | null;
  /** Whole: a decky that is not here is not there. Empty when nothing is deployed. */
  readonly deckies: readonly ReportedDecky[];
  /** Entries that were skipped; their siblings count. */
  readonly malformed: readonly MalformedDecky[];
}

export interface ReportedDecky {
  readonly name: string;
  /** The entry as sent, canonical enough to compare: see `digest`. */
  readonly config: DeckyConfig;
  readonly state: "running" | "degraded" | "failed";
  readonly reason: string | null;
  readonly services: Readonly<Record<string, ServiceStatus>>;
}

export interface MalformedDecky {
  /** Its name or, without a readable one, its place in the list: `#3`. */
  readonly decky: string;
  readonly detail: string;
}

export type HeartbeatOutcome =
  | { readonly kind: "accepted"; readonly hostUuid: string; readonly generation: number }
  | {
      readonly kind: "refused";
      readonly code: HeartbeatRefusal;
      /** Of a stale one: the boot that was accepted last, so that the agent can go above it. */
      readonly boot?: number;
    };

export type HeartbeatRefusal =
  | "host-unknown"
  | "certificate-mismatch"
  | "host-decommissioned"
  | "host-quarantined"
  | "heartbeat-stale"
  | "status-unknown"
  | "body-not-json"
  | "body-invalid";
