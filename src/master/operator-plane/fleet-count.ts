import type { HostState } from "../../domain/host.ts";
import { isRenewalOverdue } from "../../domain/renewal.ts";
import type { RotationProgress } from "../../domain/rotation.ts";
import { shownState } from "../../domain/shard.ts";
import type { OperatorPlaneDeps } from "./deps.ts";
import { readRotation } from "./rotation.ts";

/** How many of what: for the overview and the metrics. */
export interface FleetCount {
  readonly hosts: Readonly<Record<HostState, number>>;
  /** By state as shown. */
  readonly shards: Readonly<Record<string, number>>;
  readonly problems: number;
  /** That nobody acknowledged. */
  readonly alarms: number;
  /** Hosts in service whose certificate is past two thirds of its life. */
  readonly renewalsOverdue: number;
  /** When the first certificate of a host in service runs out; null without hosts. */
  readonly firstExpiryMs: number | null;
  /** How far hosts have moved over to a new authority; null while there is but one. */
  readonly rotation: Omit<RotationProgress, "behind"> | null;
  readonly events: number;
  readonly refusals: Readonly<Record<string, number>>;
}

export async function countFleet(
  { store, authorities }: Pick<OperatorPlaneDeps, "store" | "authorities">,
  nowMs: number,
): Promise<FleetCount> {
  const [rotation, hosts, shards, problems, alarms, events, refusals] = await Promise.all([
    readRotation(store, authorities),
    store.listHosts({ decommissioned: true }),
    store.countShards(),
    store.listProblems(),
    store.listAlarms(),
    store.countEvents(),
    store.listRefusals(),
  ]);
  const byHostState = { enrolled: 0, active: 0, silent: 0, quarantined: 0, decommissioned: 0 };
  let renewalsOverdue = 0;
  let firstExpiryMs: number | null = null;
  for (const { state, certificateSinceMs: sinceMs, certificateNotAfterMs: notAfterMs } of hosts) {
    byHostState[state] += 1;
    if (state === "decommissioned") continue;
    if (isRenewalOverdue({ sinceMs, notAfterMs }, nowMs)) renewalsOverdue += 1;
    firstExpiryMs = Math.min(firstExpiryMs ?? notAfterMs, notAfterMs);
  }
  const byShownState: Record<string, number> = {};
  for (const { state, hostState, count } of shards) {
    const shown = shownState({ state }, hostState);
    byShownState[shown] = (byShownState[shown] ?? 0) + count;
  }
  return {
    hosts: byHostState,
    shards: byShownState,
    problems: problems.length,
    alarms: alarms.filter(({ acknowledgedMs }) => acknowledgedMs === null).length,
    renewalsOverdue,
    firstExpiryMs,
    rotation:
      rotation === null
        ? null
        : { hosts: rotation.hosts, renewed: rotation.renewed, learned: rotation.learned },
    events,
    refusals: Object.fromEntries(refusals),
  };
}
