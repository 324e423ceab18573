import type { Decky } from "../../domain/decky.ts";
import type { DecoyEvent } from "../../domain/event.ts";
import type { EntryReading, ReportedDecky } from "../../domain/heartbeat.ts";
import type { ApiToken, HeartbeatClaim, Store } from "../store.ts";

/** Opens an empty store; the suite closes it. */
export type OpenStore = () => Promise<Store>;

export const T0 = Date.UTC(2026, 0, 1);

export function fingerprint(label: string): string {
  return Buffer.from(label).toString("hex").padEnd(64, "0");
}

/** Enrolls a host whose name and certificate, and uuid unless told, are all called `name`. */
export async function enroll(store: Store, name: string, uuid: string = name): Promise<void> {
  const secretHash = `hash of ${name} ${Math.floor(performance.now() * 1000)}`;
  await store.createToken(
    {
      id: secretHash,
      createdMs: T0,
      createdBy: "test",
      expiresMs: T0 + 60_000,
      hostName: null,
      usedMs: null,
      usedByHostUuid: null,
      revokedMs: null,
    },
    secretHash,
  );
  const outcome = await store.enrollHost({
    secretHash,
    nowMs: T0,
    uuid,
    name,
    address: "127.0.0.1",
    agentVersion: null,
    fingerprint: fingerprint(name),
    certificateNotAfterMs: T0 + 1e9,
  });
  if (outcome.kind !== "enrolled") throw new Error(`not enrolled: ${outcome.code}`);
}

export function reported(name: string, over: Partial<ReportedDecky> = {}): ReportedDecky {
  return {
    name,
    config: {
      name,
      ip: "127.1.1.1",
      services: ["ssh"],
      distro: "debian-11",
      base_image: "debian:bullseye",
      hostname: name,
    },
    state: "running",
    reason: null,
    services: {},
    ...over,
  };
}

let nonces = 0;

/** A heartbeat of `host` that lists `deckies`, first of its boot unless `over` says otherwise. */
export function beat(
  host: string,
  deckies: readonly ReportedDecky[],
  over: Partial<HeartbeatClaim> & {
    readonly malformed?: readonly string[];
    readonly eventsDropped?: number;
  } = {},
): HeartbeatClaim {
  const { malformed = [], eventsDropped = 0, ...claim } = over;
  const readings: EntryReading[] = [
    ...deckies.map((decky) => ({ kind: "decky", decky }) as const),
    ...malformed.map((decky) => ({ kind: "malformed", fault: { decky, detail: "bad" } }) as const),
  ];
  return {
    fingerprint: fingerprint(host),
    arrivedMs: T0 + 1000,
    boot: null,
    sequence: null,
    echo: null,
    nonce: `nonce-${++nonces}`,
    sentMs: null,
    address: "127.0.0.1",
    bodyDigest: JSON.stringify([host, readings, eventsDropped]),
    isNew: false,
    read: () => ({
      kind: "report",
      report: {
        hostUuid: host,
        agentVersion: "1.0",
        eventsDropped,
        entries: readings.map((reading) => ({
          digest: JSON.stringify(reading),
          read: () => reading,
        })),
      },
    }),
    ...claim,
  };
}

export function decky(name: string, hostUuid: string, over: Partial<Decky> = {}): Decky {
  return {
    name,
    hostUuid,
    archetype: "entry-point",
    distro: null,
    hostname: null,
    ip: `127.9.${name.length}.${name.charCodeAt(name.length - 1)}`,
    services: ["ssh"],
    serviceConfig: {},
    runtime: "loopback",
    createdMs: T0,
    ...over,
  };
}

export function event(id: number, host: string, name: string): DecoyEvent {
  return {
    event_id: `01900000-0000-7000-8000-${String(id).padStart(12, "0")}`,
    kind: "ssh.login.attempt",
    host_uuid: host,
    decky: name,
    service: "ssh",
    session: "s1",
    src_ip: "127.0.0.1",
    src_port: 40000 + id,
    dst_ip: "127.1.1.1",
    dst_port: 22,
    at: new Date(T0 + id).toISOString(),
    data: { user: "root", password: "x" },
  };
}

/** Everything that a refused call must not have changed. */
export async function everything(store: Store): Promise<unknown> {
  return {
    hosts: await store.listHosts({ decommissioned: true }),
    shards: await store.listShards(),
    deckies: await store.listDeckies(),
    problems: await store.listProblems(),
    tokens: await store.listTokens(),
    alarms: await store.listAlarms(),
    events: await store.countEvents(),
    head: await store.headSeq(),
  };
}

/** An API token that reads, not used yet. */
export function apiToken(id: string, operator: string): ApiToken {
  return {
    id,
    operator,
    purpose: "backup",
    scope: "read",
    createdMs: T0,
    expiresMs: T0 + 10,
    lastUsedMs: null,
    revokedMs: null,
  };
}
