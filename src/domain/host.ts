/**
 * What the master believes of a host.
 *
 * enrolled: has a certificate, never beat. active: beats. silent: missed two beats or more.
 * quarantined: its identity is in doubt, its writes are refused. decommissioned: a tombstone, for ever.
 */
export const HOST_STATES = [
  "enrolled",
  "active",
  "silent",
  "quarantined",
  "decommissioned",
] as const;
export type HostState = (typeof HOST_STATES)[number];

/** One machine that runs an agent. */
export interface Host {
  readonly uuid: string;
  /** Unique among hosts that are not decommissioned. */
  readonly name: string;
  readonly state: HostState;
  readonly enrolledMs: number;
  /** Master's clock at the last accepted heartbeat; null before the first. Never decreases. */
  readonly lastSeenMs: number | null;
  /** When it was last heard before it fell silent; null unless `state` is silent. */
  readonly silentSinceMs: number | null;
  readonly decommissionedMs: number | null;
  /** Since when and why its identity is in doubt; null, both, unless `state` is quarantined. */
  readonly quarantinedMs: number | null;
  readonly quarantineReason: string | null;
  readonly agentVersion: string | null;
  /** Remote address of the last accepted heartbeat or, before that, of the enrollment. */
  readonly address: string | null;
  /** Agent's clock minus master's, ms, as last measured; null if it never said. Shown, never used. */
  readonly clockSkewMs: number | null;
  /** Agent starts as last accepted; 0 for an agent that does not say. */
  readonly boot: number;
  /** Heartbeats within that boot; 0 for an agent that does not say. */
  readonly sequence: number;
  /** Generation of its desired state; grows by one at each change. */
  readonly generation: number;
  /** Lowercase hex SHA-256 of the DER certificate that it is pinned to. */
  readonly fingerprint: string;
  readonly certificateNotAfterMs: number;
  /** When that certificate was issued. */
  readonly certificateSinceMs: number;
  /** Half of that certificate's life: its agent is to renew it about then. */
  readonly renewDueMs: number;
  /** When the current certificate took the place of an earlier one; null if it is the first. */
  readonly lastRenewalMs: number | null;
  /** Issued to follow the current one, and not heard yet; null if there is none. */
  readonly nextFingerprint: string | null;
}

/** Certificates of a host: one is current, one may be next; every former one is kept as retired. */
export const PIN_SLOTS = ["current", "next", "retired"] as const;
export type PinSlot = (typeof PIN_SLOTS)[number];

/** Something in a host's report that was not taken in, kept until a report comes without it. */
export interface HostProblem {
  readonly hostUuid: string;
  /** conflict: the decky belongs to another host. malformed: its entry could not be read. */
  readonly kind: "conflict" | "malformed";
  /** Name of the decky, or its place in the list (`#3`) if it has no readable name. */
  readonly decky: string;
  readonly detail: string;
  readonly firstSeenMs: number;
}
