import { HOST_STATES, type HostState } from "../../domain/host.ts";
import { shownState } from "../../domain/shard.ts";
import type { Store } from "../../store/store.ts";

/** How many of what: for the overview and the metrics. */
export interface FleetCount {
  readonly hosts: Readonly<Record<HostState, number>>;
  /** By state as shown. */
  readonly shards: Readonly<Record<string, number>>;
  readonly problems: number;
  readonly events: number;
  readonly refusals: Readonly<Record<string, number>>;
}

export async function countFleet(store: Store): Promise<FleetCount> {
  const [hosts, shards, problems, events, refusals] = await Promise.all([
    store.listHosts({ decommissioned: true }),
    store.listShards(),
    store.listProblems(),
    store.countEvents(),
    store.listRefusals(),
  ]);
  const states = new Map(hosts.map((host) => [host.uuid, host.state]));
  return {
    hosts: { ...zeros(HOST_STATES), ...tally(hosts.map(({ state }) => state)) },
    shards: tally(shards.map((shard) => shownState(shard, states.get(shard.hostUuid) ?? ""))),
    problems: problems.length,
    events,
    refusals: Object.fromEntries(refusals),
  };
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>;
}

function tally<K extends string>(
  keys: readonly K[],
): Partial<Record<K, number>> & Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts as Partial<Record<K, number>> & Record<string, number>;
}
