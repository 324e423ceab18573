import type { Alarm, Sighting } from "../domain/alarm.ts";
import type { Change } from "../domain/change.ts";
import type { Decky } from "../domain/decky.ts";
import type { DecoyEvent, StoredEvent } from "../domain/event.ts";
import type { HeartbeatOutcome, HeartbeatReport, IdentityRefusal } from "../domain/heartbeat.ts";
import type { Host, HostProblem, HostState, PinSlot } from "../domain/host.ts";
import type { RecoveryBounds, RecoveryRefusal } from "../domain/renewal.ts";
import type { Shard, ShardState } from "../domain/shard.ts";
import type { JoinToken } from "../domain/token.ts";
import type { AuditStore } from "./audit-store.ts";
import type { OperatorStore } from "./operator-store.ts";

export type { AuditEntry } from "../domain/audit.ts";
export type { ApiToken, JoinToken } from "../domain/token.ts";
export type { AuditStore } from "./audit-store.ts";
export type * from "./operator-store.ts";

/**
 * What the master keeps, and the only way to it. Asynchronous, so that a backend may be a server.
 *
 * Every method that writes is one transaction, durable when its promise resolves, and puts a row
 * into the journal for each change that a dashboard shows. Expected refusals are values. A method
 * throws `StoreUnavailable` when disk or server fail: then nothing was written.
 */
export interface Store
  extends HeartbeatStore,
    HostStore,
    TokenStore,
    RenewalStore,
    AlarmStore,
    TrustStore,
    DeckyStore,
    EventStore,
    ChangeStore,
    OperatorStore,
    AuditStore {
  close(): Promise<void>;
}

/** Disk or database server failed; nothing of the call was written. */
export class StoreUnavailable extends Error {
  override readonly name = "StoreUnavailable";
}

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

export interface TokenStore {
  /** @param secretHash SHA-256 of the token's secret, lowercase hex. */
  createToken(token: JoinToken, secretHash: string): Promise<void>;
  listTokens(): Promise<readonly JoinToken[]>;
  /** @returns False if there is no such token, or it was used or revoked before. */
  revokeToken(id: string, nowMs: number): Promise<boolean>;
  /** Looks without using up; so that a bad request is refused before anything is signed. */
  findToken(secretHash: string): Promise<JoinToken | null>;
  /** Uses the token up and creates its host, in one transaction; on any refusal, neither. */
  enrollHost(enrollment: {
    readonly secretHash: string;
    readonly nowMs: number;
    readonly uuid: string;
    readonly name: string;
    readonly address: string;
    readonly agentVersion: string | null;
    readonly fingerprint: string;
    readonly certificateNotAfterMs: number;
    /** SubjectPublicKeyInfo in base64. Without it the host cannot recover an expired certificate. */
    readonly publicKey?: string;
  }): Promise<EnrollmentOutcome>;
}

export type EnrollmentOutcome =
  | { readonly kind: "enrolled"; readonly host: Host }
  | {
      readonly kind: "refused";
      readonly code: "token-unknown" | "token-used" | "token-expired" | "host-name-taken";
    };

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

export interface AlarmStore {
  /** One more sighting, or `count` of them; the first makes the row. */
  raiseAlarm(sighting: Sighting & { readonly atMs: number; readonly count: number }): Promise<void>;
  /** Those that nobody acknowledged first, then the newest. */
  listAlarms(filter?: { readonly hostUuid?: string }): Promise<readonly Alarm[]>;
  /** @returns False if there is no such alarm. */
  acknowledgeAlarm(id: number, nowMs: number): Promise<boolean>;
}

/** What hosts said of the swarm's authorities, so that an old one is not retired too early. */
export interface TrustStore {
  /** Under the same fence as a heartbeat. */
  noteTrust(report: {
    /** Of the certificate that the host shows. */
    readonly fingerprint: string;
    readonly nowMs: number;
    /** Fingerprint of the authority that issued it. */
    readonly authority: string;
    /** Fingerprints of those that the host trusts. */
    readonly trusted: readonly string[];
  }): Promise<{ readonly kind: "noted"; readonly hostUuid: string } | IdentityRefused>;
  /** What each host said last; a host that never said anything is not there. */
  listTrust(): Promise<
    readonly {
      readonly hostUuid: string;
      readonly authority: string;
      readonly trusted: readonly string[];
    }[]
  >;
}

export interface DeckyStore {
  /** Sorted by name. */
  listDeckies(hostUuid?: string): Promise<readonly Decky[]>;
  getDecky(name: string): Promise<Decky | null>;
  /**
   * Assigns a decky: raises its host's generation and adds its shard as `pending`. A shard of that
   * name which its host merely reported becomes the assigned one.
   */
  addDecky(decky: Decky): Promise<
    | { readonly kind: "added"; readonly generation: number }
    | {
        readonly kind: "refused";
        readonly code:
          | "host-not-found"
          | "host-not-usable"
          | "decky-name-taken"
          | "decky-address-taken";
      }
  >;
  /** Its shard becomes `stopping`, and goes once its host no longer reports it. */
  removeDecky(name: string, nowMs: number): Promise<boolean>;
  /** Sorted by name. */
  listShards(hostUuid?: string): Promise<readonly Shard[]>;
  /** How many are in each state on hosts of each state; reads no shard whole. */
  countShards(): Promise<
    readonly {
      readonly state: ShardState;
      readonly hostState: HostState;
      readonly count: number;
    }[]
  >;
  getShard(name: string): Promise<Shard | null>;
}

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

/** The certificate may not speak for any host. */
export interface IdentityRefused {
  readonly kind: "refused";
  readonly code: Exclude<IdentityRefusal, "host-unknown">;
}

export interface ChangeStore {
  /**
   * Changes after `seq`, oldest first.
   * @returns null if the journal no longer reaches back to `seq`, or never got there: read afresh.
   */
  changesAfter(seq: number, limit: number): Promise<readonly Change[] | null>;
  /** Seq of the newest change; 0 before the first. */
  headSeq(): Promise<number>;
  /** Keeps the newest `keep` rows. */
  trimChanges(keep: number): Promise<void>;
  /**
   * Calls `wake` after each commit that added to the journal. Returns how to stop.
   * `hosts`: uuids of hosts whose own record changed (state, generation), for who waits on one.
   */
  onChange(wake: (hosts: ReadonlySet<string>) => void): () => void;
}
