import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";

export type HostState = ApiHost["state"];
/** As shown: what a silent host last reported is not known to be so still. */
export type ShownShardState = ApiShard["state"] | "unknown";
export type ShownState = HostState | ShownShardState;

/** good: as it should be. warn: works, but look. bad: needs a person. quiet: neither. */
export type Tone = "good" | "warn" | "bad" | "quiet";

/** A shard of a silent host is `unknown`, unless it was gone before. */
export function shownShardState(
  shard: Pick<ApiShard, "state">,
  hostState: HostState | undefined,
): ShownShardState {
  return hostState === "silent" && shard.state !== "absent" ? "unknown" : shard.state;
}

export const TONES: Readonly<Record<ShownState, Tone>> = {
  active: "good",
  running: "good",
  enrolled: "quiet",
  pending: "quiet",
  stopping: "quiet",
  unknown: "quiet",
  absent: "quiet",
  decommissioned: "quiet",
  degraded: "warn",
  silent: "bad",
  failed: "bad",
  quarantined: "bad",
};

/** Worst first: the order in which states are listed and counted. */
export const HOST_STATE_ORDER: readonly HostState[] = [
  "quarantined",
  "silent",
  "enrolled",
  "active",
  "decommissioned",
];

export const SHARD_STATE_ORDER: readonly ShownShardState[] = [
  "failed",
  "degraded",
  "unknown",
  "pending",
  "stopping",
  "running",
  "absent",
];

/** What the state means, for whoever has not met it. */
export const MEANINGS: Readonly<Record<ShownState, string>> = {
  active: "Its agent beats on time.",
  enrolled: "It has its certificate; its agent has not beaten yet.",
  silent: "Two beats or more are missing. What runs there is not known.",
  quarantined: "Two live copies of this identity were seen. What either of them sends is refused.",
  decommissioned: "Retired for good; its certificate is never accepted again.",
  running: "Every service answers.",
  degraded: "Up, but not every service answers.",
  failed: "It could not be started or has stopped.",
  pending: "Asked for; its host has not reported it yet.",
  stopping: "Removed; its host has not confirmed that it is gone.",
  absent: "Its host no longer runs it.",
  unknown: "Its host is silent, so nobody knows.",
};

/** Counts by state, worst first, only states that occur. */
export function countByState<State extends ShownState>(
  states: Iterable<State>,
  order: readonly State[],
): { readonly state: State; readonly count: number }[] {
  const counts = new Map<State, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return order.flatMap((state) => {
    const count = counts.get(state);
    return count === undefined ? [] : [{ state, count }];
  });
}
