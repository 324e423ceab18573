import type { HostState } from "../../domain/host.ts";
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
    store.countShards(),
    store.listProblems(),
    store.countEvents(),
    store.listRefusals(),
  ]);
  const byHostState = { enrolled: 0, active: 0, silent: 0, quarantined: 0, decommissioned: 0 };
  for (const { state } of hosts) byHostState[state] += 1;
  const byShownState: Record<string, number> = {};
  for (const { state, hostState, count } of shards) {
    const shown = shownState({ state }, hostState);
    byShownState[shown] = (byShownState[shown] ?? 0) + count;
  }
  return {
    hosts: byHostState,
    shards: byShownState,
    problems: problems.length,
    events,
    refusals: Object.fromEntries(refusals),
  };
}
