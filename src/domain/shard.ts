/** A decky as a host reports it: what the seed calls DeckyConfig. Names are those on the wire. */
export interface DeckyConfig {
  readonly name: string;
  readonly ip: string;
  /** At least one. */
  readonly services: readonly string[];
  readonly distro: string;
  readonly base_image: string;
  readonly hostname: string;
  readonly build_base?: string | null;
  readonly archetype?: string | null;
  readonly service_config?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** TCP/IP stack that it imitates; "linux" if absent. */
  readonly nmap_os?: string;
  /** Minutes. */
  readonly mutate_interval?: number | null;
  /** Unix seconds. */
  readonly last_mutated?: number;
  /** Unix seconds. */
  readonly last_login_attempt?: number;
  readonly host_uuid?: string | null;
}

/** States as stored. `unknown` is never stored: it is how a silent host's shards are shown. */
export const SHARD_STATES = [
  "pending",
  "running",
  "degraded",
  "failed",
  "stopping",
  "absent",
] as const;
export type ShardState = (typeof SHARD_STATES)[number];
export type ShownShardState = ShardState | "unknown";

/** One decky on one host, as last reported. When it was last seen is its host's `lastSeenMs`. */
export interface Shard {
  /** Name of the decky; unique in the fleet. */
  readonly name: string;
  readonly hostUuid: string;
  readonly state: ShardState;
  /** Why it is failed or degraded, in the agent's words; null if it did not say. */
  readonly reason: string | null;
  /** Null while pending: nobody has reported it yet. */
  readonly config: DeckyConfig | null;
  /** What runs per service, as the agent reports it: see docs/protocol.md, `runtime`. */
  readonly services: Readonly<Record<string, ServiceStatus>>;
  /** When `state` last changed, master's clock. */
  readonly changedMs: number;
  /** True if the master assigned it; false if the host merely reported it. */
  readonly assigned: boolean;
}

/** The part of a shard that decides what a report makes of it. */
export type ShardStanding = Pick<Shard, "hostUuid" | "state" | "changedMs" | "assigned">;

/** One service of a running decky. */
export interface ServiceStatus {
  readonly running: boolean;
  /** Where it listens: the runtime may have mapped it. */
  readonly ip?: string;
  readonly port?: number;
  readonly reason?: string;
}

/** How a shard is shown: one whose host is silent is `unknown`, whatever was last reported. */
export function shownState(shard: Pick<Shard, "state">, hostState: string): ShownShardState {
  return hostState === "silent" && shard.state !== "absent" ? "unknown" : shard.state;
}
