import type { DeckyConfig, ServiceStatus } from "../domain/shard.ts";
import type { DesiredDecky } from "../wire/desired.ts";
import type { DeckyStatus } from "./runtimes/runtime.ts";

/** One decky of this host: it is to run, or it still does. */
export interface DeckyReport {
  readonly spec: DesiredDecky;
  /** Null if nothing of it runs. */
  readonly status: DeckyStatus | null;
  /** Why it could not be started; null if it could, or was not tried yet. */
  readonly failure: string | null;
}

export interface AgentStatus {
  readonly hostUuid: string;
  readonly agentVersion: string;
  readonly deckies: readonly DeckyReport[];
  /** Events lost in this run, since the spool was full or the disk failed. */
  readonly eventsDropped: number;
}

/**
 * Body of a heartbeat. Pure, in a fixed order and without a time in it, so that it is the same byte
 * for byte while nothing changes: the master then knows it by its hash.
 */
export function statusBody(status: AgentStatus): string {
  const deckies = status.deckies.toSorted((a, b) => compare(a.spec.name, b.spec.name));
  return JSON.stringify({
    host_uuid: status.hostUuid,
    agent_version: status.agentVersion,
    status: {
      deployed: deckies.length > 0,
      mode: "swarm",
      deckies: deckies.map(configOf),
      runtime: Object.fromEntries(deckies.map((decky) => [decky.spec.name, runtimeOf(decky)])),
      ...(status.eventsDropped > 0 && { events_dropped: status.eventsDropped }),
    },
  });
}

/** What a decky that was never started passes for is not known: its specification speaks for it. */
function configOf({ spec, status }: DeckyReport): DeckyConfig {
  const identity = status?.identity;
  return {
    name: spec.name,
    ip: spec.ip,
    services: spec.services,
    distro: identity?.distro ?? spec.distro ?? "unknown",
    base_image: identity?.baseImage ?? "unknown",
    hostname: identity?.hostname ?? spec.hostname ?? spec.name,
    archetype: spec.archetype,
    nmap_os: identity?.nmapOs ?? "linux",
  };
}

function runtimeOf({ status, failure }: DeckyReport): Record<string, unknown> {
  const reason = failure ?? (status === null ? "starting" : status.reason);
  return {
    running: status?.running ?? false,
    ...(reason !== null && { reason }),
    ...(failure !== null && status === null && { failed: true }),
    services: Object.fromEntries(
      Object.entries(status?.services ?? {})
        .toSorted(([a], [b]) => compare(a, b))
        .map(([name, service]) => [name, serviceOf(service)]),
    ),
  };
}

function serviceOf({ running, ip, port, reason }: ServiceStatus): ServiceStatus {
  return {
    running,
    ...(ip !== undefined && { ip }),
    ...(port !== undefined && { port }),
    ...(reason !== undefined && { reason }),
  };
}

/** By code unit, the same in every locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
