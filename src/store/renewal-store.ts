import type { Host } from "../domain/host.ts";
import type { RecoveryBounds, RecoveryRefusal } from "../domain/renewal.ts";
import type { IdentityRefused } from "./host-store.ts";

/** A certificate that was just issued to follow a host's current one. */
export interface IssuedPin {
  readonly fingerprint: string;
  /** SubjectPublicKeyInfo in base64. */
  readonly publicKey: string;
  readonly certificatePem: string;
  readonly notAfterMs: number;
}

/** The host's next certificate: the one handed in, or an earlier one of the same key. */
export interface NextPinned {
  readonly kind: "pinned";
  readonly hostUuid: string;
  readonly certificatePem: string;
  /** True if an earlier answer was lost, and the certificate is the one that it held. */
  readonly again: boolean;
}

/**
 * A host has two certificates at most: current and next. Next becomes current with the first request
 * that is accepted under it, whatever it asks for, in the same transaction; only then is the former
 * one retired. One that was replaced before it ever spoke is retired, too, and never speaks.
 */
export interface RenewalStore {
  /** Pins the host's next certificate. One of the same key that is fresh enough is kept instead. */
  renewHost(renewal: {
    /** Of the certificate that asks. */
    readonly fingerprint: string;
    readonly nowMs: number;
    readonly next: IssuedPin;
  }): Promise<
    NextPinned | IdentityRefused | { readonly kind: "refused"; readonly code: "key-not-new" }
  >;
  /** A request that writes nothing else was accepted under this certificate. */
  promotePin(use: {
    readonly fingerprint: string;
    readonly nowMs: number;
  }): Promise<{ readonly kind: "promoted" } | IdentityRefused>;
  /**
   * Key of the current certificate; of a tombstone, of its last one. Null if there is no such host,
   * or the certificate was pinned without its key.
   */
  findPinnedKey(
    hostUuid: string,
  ): Promise<{ readonly fingerprint: string; readonly publicKey: string } | null>;
  /**
   * Pins the next certificate of a host whose current one ran out, and counts that. A repeat with
   * the same key, after a lost answer, is not counted.
   * @returns `recovery-refused` also if the proven certificate is no longer the current one.
   */
  recoverHost(recovery: {
    readonly hostUuid: string;
    /** Of the certificate whose key was proved. */
    readonly fingerprint: string;
    readonly nowMs: number;
    readonly bounds: RecoveryBounds;
    readonly next: IssuedPin;
  }): Promise<
    NextPinned | { readonly kind: "refused"; readonly code: RecoveryRefusal | "key-not-new" }
  >;
  /** Hosts in service whose certificate is past two thirds of its life; sorted by name. */
  listRenewalsOverdue(nowMs: number): Promise<readonly Host[]>;
}
