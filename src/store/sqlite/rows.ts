import type { Alarm, AlarmKind } from "../../domain/alarm.ts";
import type { Decky, RuntimeName } from "../../domain/decky.ts";
import type { StoredEvent } from "../../domain/event.ts";
import type { Host, HostProblem, HostState } from "../../domain/host.ts";
import type { Lineage } from "../../domain/lineage.ts";
import { renewalDueMs } from "../../domain/renewal.ts";
import type { ServiceName } from "../../domain/service.ts";
import type { Shard, ShardStanding, ShardState } from "../../domain/shard.ts";
import type { JoinToken } from "../store.ts";
import type { Row } from "./database.ts";

/*
 * Rows to records. A STRICT table holds what this program wrote and nothing else, so a column's
 * type is asserted here, once, and nowhere else.
 */

export const text = (row: Row, column: string): string => row[column] as string;
export const number = (row: Row, column: string): number => row[column] as number;
export const textOrNull = (row: Row, column: string): string | null => row[column] as string | null;
export const numberOrNull = (row: Row, column: string): number | null =>
  row[column] as number | null;
const json = (row: Row, column: string): unknown => JSON.parse(text(row, column));

export function hostOf(row: Row): Host {
  return {
    uuid: text(row, "uuid"),
    name: text(row, "name"),
    state: text(row, "state") as HostState,
    enrolledMs: number(row, "enrolled_ms"),
    lastSeenMs: numberOrNull(row, "last_seen_ms"),
    silentSinceMs: numberOrNull(row, "silent_since_ms"),
    decommissionedMs: numberOrNull(row, "decommissioned_ms"),
    quarantinedMs: numberOrNull(row, "quarantined_ms"),
    quarantineReason: textOrNull(row, "quarantine_reason"),
    agentVersion: textOrNull(row, "agent_version"),
    address: textOrNull(row, "address"),
    clockSkewMs: numberOrNull(row, "clock_skew_ms"),
    boot: number(row, "boot"),
    sequence: number(row, "sequence"),
    generation: number(row, "generation"),
    fingerprint: text(row, "fingerprint"),
    certificateNotAfterMs: number(row, "certificate_not_after_ms"),
    certificateSinceMs: number(row, "certificate_since_ms"),
    renewDueMs: renewalDueMs({
      sinceMs: number(row, "certificate_since_ms"),
      notAfterMs: number(row, "certificate_not_after_ms"),
    }),
    lastRenewalMs: numberOrNull(row, "last_renewal_ms"),
    nextFingerprint: textOrNull(row, "next_fingerprint"),
  };
}

export function lineageOf(row: Row): Lineage {
  return {
    current: textOrNull(row, "nonce"),
    acknowledged: textOrNull(row, "acknowledged_nonce"),
    abandoned: text(row, "abandoned_nonces").split(" ").filter(Boolean),
  };
}

/** The part of a shard that decides what a report makes of it. */
export function standingOf(row: Row): ShardStanding {
  return {
    hostUuid: text(row, "host_uuid"),
    state: text(row, "state") as ShardState,
    changedMs: number(row, "changed_ms"),
    assigned: row["assigned"] === 1,
  };
}

export function shardOf(row: Row): Shard {
  return {
    ...standingOf(row),
    name: text(row, "name"),
    reason: textOrNull(row, "reason"),
    config: row["config"] === null ? null : (json(row, "config") as Shard["config"]),
    services: json(row, "services") as Shard["services"],
  };
}

export function problemOf(row: Row): HostProblem {
  return {
    hostUuid: text(row, "host_uuid"),
    kind: text(row, "kind") as HostProblem["kind"],
    decky: text(row, "decky"),
    detail: text(row, "detail"),
    firstSeenMs: number(row, "first_seen_ms"),
  };
}

export function deckyOf(row: Row): Decky {
  return {
    name: text(row, "name"),
    hostUuid: text(row, "host_uuid"),
    archetype: text(row, "archetype"),
    distro: textOrNull(row, "distro"),
    hostname: textOrNull(row, "hostname"),
    ip: text(row, "ip"),
    services: json(row, "services") as readonly ServiceName[],
    serviceConfig: json(row, "service_config") as Decky["serviceConfig"],
    runtime: text(row, "runtime") as RuntimeName,
    createdMs: number(row, "created_ms"),
  };
}

export function alarmOf(row: Row): Alarm {
  return {
    id: number(row, "id"),
    kind: text(row, "kind") as AlarmKind,
    hostUuid: text(row, "host_uuid"),
    detail: text(row, "detail"),
    address: textOrNull(row, "address"),
    firstMs: number(row, "first_ms"),
    lastMs: number(row, "last_ms"),
    count: number(row, "count"),
    acknowledgedMs: numberOrNull(row, "acknowledged_ms"),
  };
}

export function tokenOf(row: Row): JoinToken {
  return {
    id: text(row, "id"),
    createdMs: number(row, "created_ms"),
    createdBy: text(row, "created_by"),
    expiresMs: number(row, "expires_ms"),
    hostName: textOrNull(row, "host_name"),
    usedMs: numberOrNull(row, "used_ms"),
    usedByHostUuid: textOrNull(row, "used_by_host_uuid"),
    revokedMs: numberOrNull(row, "revoked_ms"),
  };
}

export function eventOf(row: Row): StoredEvent {
  return {
    seq: number(row, "seq"),
    event_id: text(row, "event_id"),
    kind: text(row, "kind") as StoredEvent["kind"],
    host_uuid: text(row, "host_uuid"),
    decky: text(row, "decky"),
    service: text(row, "service"),
    session: text(row, "session"),
    src_ip: text(row, "src_ip"),
    src_port: number(row, "src_port"),
    dst_ip: text(row, "dst_ip"),
    dst_port: number(row, "dst_port"),
    at: text(row, "at"),
    data: json(row, "data") as StoredEvent["data"],
    received_ms: number(row, "received_ms"),
  };
}
