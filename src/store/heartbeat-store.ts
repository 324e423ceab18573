import type { HeartbeatOutcome, HeartbeatReport } from "../domain/heartbeat.ts";

/** One heartbeat on its way to the store, not yet believed. */
export interface HeartbeatClaim {
  /** Of the certificate that the connection presented; the caller has checked its validity. */
  readonly fingerprint: string;
  /** Master's clock on arrival. */
  readonly arrivedMs: number;
  /** Null, both, for an agent that sends neither. */
  readonly boot: number | null;
  readonly sequence: number | null;
  /** Nonce of the newest answer that the agent got; null if it does not say. */
  readonly echo: string | null;
  /** Fresh and unpredictable, for the answer; without spaces. */
  readonly nonce: string;
  /** Agent's clock when it sent; null if it did not say. */
  readonly sentMs: number | null;
  readonly address: string;
  /** SHA-256 of the body, lowercase hex; of the body that it stands for, if the body is left out. */
  readonly bodyDigest: string;
  /**
   * Whether the body differs from the last one of this certificate, as far as the caller knows: then
   * it is read without a look at its digest. Nothing hangs on it but time.
   */
  readonly isNew: boolean;
  /**
   * Parses the body. Called at most once, and not at all when digest and fence say that nothing
   * but the time changed.
   */
  read(): HeartbeatReading;
}

export type HeartbeatReading =
  | { readonly kind: "report"; readonly report: HeartbeatReport }
  /** The body was left out, since the master should know it by its digest. */
  | { readonly kind: "omitted" }
  /** The caller keeps what was wrong with it, for its answer. */
  | { readonly kind: "unreadable"; readonly code: "body-not-json" | "body-invalid" };

export interface HeartbeatStore {
  /**
   * Commits a batch in one transaction, in order, each under its own fence: pin, state of the host,
   * newer boot and sequence, lineage. One that is refused never fails its neighbors and changes
   * nothing, unless it proves that its identity has two live copies: then its host is quarantined.
   * Batches take effect in the order of the calls, also when one is made before the last resolves.
   *
   * @returns One outcome a claim, in order; all are durable.
   */
  commitHeartbeats(claims: readonly HeartbeatClaim[]): Promise<readonly HeartbeatOutcome[]>;

  /**
   * Marks active hosts as silent that were last seen before `silentBeforeMs`, and purges shards
   * that have been absent since before `purgeBeforeMs`.
   */
  sweep(sweep: {
    readonly nowMs: number;
    /** Null: nobody falls silent by this sweep. */
    readonly silentBeforeMs: number | null;
    readonly purgeBeforeMs: number;
  }): Promise<{ readonly silenced: readonly string[]; readonly purged: number }>;
}
