import type { IdentityRefusal } from "../domain/heartbeat.ts";
import type { Host, HostProblem, PinSlot } from "../domain/host.ts";

/** Whose certificate this is. */
export interface PinOwner {
  readonly host: Host;
  readonly slot: PinSlot;
}

export interface HostStore {
  /** A host says that it stops now: it is silent at once, and back with its next heartbeat. */
  leaveHost(leave: {
    readonly fingerprint: string;
    readonly nowMs: number;
  }): Promise<{ readonly kind: "left" } | IdentityRefused>;
  getHost(uuid: string): Promise<Host | null>;
  /** By name, tombstones left out. */
  getHostByName(name: string): Promise<Host | null>;
  findPin(fingerprint: string): Promise<PinOwner | null>;
  /** Every certificate that the host ever had. */
  listPins(
    hostUuid: string,
  ): Promise<readonly { readonly fingerprint: string; readonly slot: PinSlot }[]>;
  /** Sorted by name. Tombstones only if asked for. */
  listHosts(filter?: { readonly decommissioned?: boolean }): Promise<readonly Host[]>;
  listProblems(hostUuid?: string): Promise<readonly HostProblem[]>;
  /**
   * Leaves a tombstone: uuid, name and every fingerprint, for ever. Its deckies and shards go.
   * @returns null if there is no such host; `already` if it was a tombstone before.
   */
  decommissionHost(uuid: string, nowMs: number): Promise<{ readonly already: boolean } | null>;
  /**
   * Ends a quarantine: silent until it is heard. Its nonces are forgotten, so that whichever copy
   * beats next begins its lineage anew; boot and sequence stay, so that nothing late counts.
   */
  releaseHost(
    uuid: string,
    nowMs: number,
  ): Promise<
    | { readonly kind: "released" }
    | { readonly kind: "refused"; readonly code: "host-not-found" | "host-not-quarantined" }
  >;
  /** Greatest `lastSeenMs` of all hosts; null if none was seen. */
  newestSeenMs(): Promise<number | null>;
  /** Lowers every time that lies in the future to `nowMs`, after a clock that was wrong. */
  rewindTo(nowMs: number): Promise<void>;
}

/** The certificate may not speak for any host. */
export interface IdentityRefused {
  readonly kind: "refused";
  readonly code: Exclude<IdentityRefusal, "host-unknown">;
}
