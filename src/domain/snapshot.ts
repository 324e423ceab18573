import type { ReportedDecky } from "./heartbeat.ts";
import type { Shard, ShardStanding } from "./shard.ts";

export type ShardVerdict =
  | { readonly kind: "write"; readonly shard: Shard }
  /** The name belongs to another host. */
  | { readonly kind: "conflict"; readonly ownerUuid: string };

/**
 * Decides what a host's report of one decky makes of the shard of that name.
 *
 * @param current The shard that has the name now, of whichever host; null if none has.
 * @param assignedTo The host to which the master assigned a decky of that name; null if it did not.
 */
export function judgeReported(
  reported: ReportedDecky,
  hostUuid: string,
  current: ShardStanding | null,
  assignedTo: string | null,
  nowMs: number,
): ShardVerdict {
  const holder = current !== null && current.state !== "absent" ? current.hostUuid : null;
  const ownerUuid = assignedTo ?? holder;
  if (ownerUuid !== null && ownerUuid !== hostUuid) return { kind: "conflict", ownerUuid };
  const own = current?.hostUuid === hostUuid ? current : null;
  const state = own?.state === "stopping" ? "stopping" : reported.state;
  return {
    kind: "write",
    shard: {
      name: reported.name,
      hostUuid,
      state,
      reason: reported.reason,
      config: reported.config,
      services: reported.services,
      changedMs: own?.state === state ? own.changedMs : nowMs,
      assigned: assignedTo !== null || (own?.assigned ?? false),
    },
  };
}

/**
 * Decides what becomes of a host's shard that a whole report does not list.
 *
 * keep: it was never reported yet (pending), or is absent already. absent: it was there before.
 * remove: it was taken out of the desired state, and now it is gone.
 */
export function judgeUnlisted(shard: Pick<Shard, "state">): "keep" | "absent" | "remove" {
  if (shard.state === "pending" || shard.state === "absent") return "keep";
  return shard.state === "stopping" ? "remove" : "absent";
}
