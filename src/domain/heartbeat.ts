import type { Host, HostProblem, PinSlot } from "./host.ts";
import type { DeckyConfig, ServiceStatus } from "./shard.ts";

/** What a heartbeat's body says, parsed and not yet believed. */
export interface HeartbeatReport {
  readonly hostUuid: string;
  readonly agentVersion: string | null;
  /** Events that the agent lost since it started. */
  readonly eventsDropped: number;
  /** Whole: a decky that is not here is not there. Empty when nothing is deployed. */
  readonly entries: readonly ReportEntry[];
}

/** One entry of the list of deckies. Read on demand: an entry known by its digest need not be. */
export interface ReportEntry {
  /** Of all that the report says about this decky: equal digests, equal meaning. */
  readonly digest: string;
  read(): EntryReading;
}

export type EntryReading =
  | { readonly kind: "decky"; readonly decky: ReportedDecky }
  | { readonly kind: "malformed"; readonly fault: MalformedDecky };

export interface ReportedDecky {
  readonly name: string;
  readonly config: DeckyConfig;
  readonly state: "running" | "degraded" | "failed";
  /** In the agent's words; null if it did not say. */
  readonly reason: string | null;
  readonly services: Readonly<Record<string, ServiceStatus>>;
}

export interface MalformedDecky {
  /** Its name or, without a readable one, its place in the list: `#3`. */
  readonly decky: string;
  readonly detail: string;
}

export type HeartbeatOutcome =
  | {
      readonly kind: "accepted";
      readonly hostUuid: string;
      readonly generation: number;
      /** What was not taken in and was not known from an earlier report; left out if nothing. */
      readonly problems?: readonly HostProblem[];
      /** The very same one once more: it gets no nonce of its own. */
      readonly repeated?: true;
      /** Its host came back in an older state, which was made an alarm. */
      readonly restored?: true;
    }
  | {
      readonly kind: "refused";
      readonly code: HeartbeatRefusal;
      /** Of a stale one: the boot that was accepted last, so that the agent can go above it. */
      readonly boot?: number;
      /** The host that this very heartbeat brought into quarantine. */
      readonly quarantined?: string;
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

/** Place of a heartbeat in its agent's order; null, both, for an agent that does not say. */
export interface HeartbeatPlace {
  readonly boot: number | null;
  readonly sequence: number | null;
}

/** Whose certificate the connection presented. */
export interface PresentedPin {
  readonly hostUuid: string;
  readonly slot: PinSlot;
}

export type IdentityRefusal = Extract<
  HeartbeatRefusal,
  "host-unknown" | "certificate-mismatch" | "host-decommissioned" | "host-quarantined"
>;

/**
 * Decides whether a certificate may speak for the host that a request claims.
 *
 * Says that a host is decommissioned only to who holds one of its certificates.
 *
 * @param pin Null if no host ever had this certificate.
 * @returns null if it may.
 */
export function judgeIdentity(
  claimed: Host | null,
  pin: PresentedPin | null,
): IdentityRefusal | null {
  if (claimed === null) return "host-unknown";
  if (pin === null || pin.hostUuid !== claimed.uuid) return "certificate-mismatch";
  if (claimed.state === "decommissioned") return "host-decommissioned";
  if (pin.slot === "retired") return "certificate-mismatch";
  if (claimed.state === "quarantined") return "host-quarantined";
  return null;
}

/**
 * The host's record after an accepted heartbeat.
 *
 * @param nowMs Master's clock on arrival; `lastSeenMs` never decreases, whatever it says.
 */
export function refreshHost(
  host: Host,
  beat: HeartbeatPlace & {
    readonly nowMs: number;
    readonly sentMs: number | null;
    readonly address: string;
    readonly agentVersion: string | null;
  },
): Host {
  return {
    ...host,
    state: "active",
    lastSeenMs: Math.max(host.lastSeenMs ?? 0, beat.nowMs),
    silentSinceMs: null,
    agentVersion: beat.agentVersion,
    address: beat.address,
    clockSkewMs: beat.sentMs === null ? host.clockSkewMs : beat.sentMs - beat.nowMs,
    boot: beat.boot ?? host.boot,
    sequence: beat.sequence ?? host.sequence,
  };
}

/** True if operators would see the difference; the time alone is told apart from changes. */
export function hostLooksDifferent(before: Host, after: Host): boolean {
  return (
    before.state !== after.state ||
    before.agentVersion !== after.agentVersion ||
    before.address !== after.address ||
    before.boot !== after.boot
  );
}
