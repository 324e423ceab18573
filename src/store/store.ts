import type { AlarmStore } from "./alarm-store.ts";
import type { AuditStore } from "./audit-store.ts";
import type { ChangeStore } from "./change-store.ts";
import type { DeckyStore } from "./decky-store.ts";
import type { EventStore } from "./event-store.ts";
import type { HeartbeatStore } from "./heartbeat-store.ts";
import type { HostStore } from "./host-store.ts";
import type { OperatorStore } from "./operator-store.ts";
import type { RenewalStore } from "./renewal-store.ts";
import type { TokenStore } from "./token-store.ts";
import type { TrustStore } from "./trust-store.ts";

export type { AuditEntry } from "../domain/audit.ts";
export type { ApiToken, JoinToken } from "../domain/token.ts";
export type * from "./alarm-store.ts";
export type { AuditStore } from "./audit-store.ts";
export type * from "./change-store.ts";
export type * from "./decky-store.ts";
export type * from "./event-store.ts";
export type * from "./heartbeat-store.ts";
export type * from "./host-store.ts";
export type * from "./operator-store.ts";
export type * from "./renewal-store.ts";
export type * from "./token-store.ts";
export type * from "./trust-store.ts";

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
