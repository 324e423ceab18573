import type { ApiDecky, ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { SHARD_STATE_ORDER, type ShownShardState, shownShardState } from "./states.ts";

/** A decky as a whole: what was asked for, what is reported, and who says so. */
export interface DeckyView {
  readonly name: string;
  readonly state: ShownShardState;
  readonly host: ApiHost | undefined;
  readonly hostUuid: string;
  readonly shard: ApiShard | undefined;
  readonly assigned: ApiDecky | undefined;
  readonly services: readonly string[];
  /** Null while neither operator nor agent has said it. */
  readonly ip: string | null;
}

/** One view for each name that is assigned, reported, or both. */
export function viewDeckies(
  hosts: readonly ApiHost[],
  deckies: readonly ApiDecky[],
  shards: readonly ApiShard[],
): DeckyView[] {
  const hostOf = new Map(hosts.map((host) => [host.uuid, host]));
  const assignedOf = new Map(deckies.map((decky) => [decky.name, decky]));
  const shardOf = new Map(shards.map((shard) => [shard.name, shard]));
  return [...new Set([...assignedOf.keys(), ...shardOf.keys()])].map((name) => {
    const assigned = assignedOf.get(name);
    const shard = shardOf.get(name);
    const hostUuid = assigned?.hostUuid ?? shard?.hostUuid ?? "";
    const host = hostOf.get(hostUuid);
    return {
      name,
      state: shownShardState(shard ?? { state: "pending" }, host?.state),
      host,
      hostUuid,
      shard,
      assigned,
      services: assigned?.services ?? configServices(shard),
      ip: assigned?.ip ?? configText(shard, "ip"),
    };
  });
}

/** Orders what needs a person above the forty that do not, and the rest by name. */
export function worstFirst(
  a: Pick<DeckyView, "name" | "state">,
  b: Pick<DeckyView, "name" | "state">,
): number {
  const rank = SHARD_STATE_ORDER.indexOf(a.state) - SHARD_STATE_ORDER.indexOf(b.state);
  return rank || a.name.localeCompare(b.name, "en", { numeric: true });
}

/** A text of what the agent reports about the machine that the decky passes for. */
export function configText(shard: ApiShard | undefined, field: string): string | null {
  const value = shard?.config?.[field];
  return typeof value === "string" && value !== "" ? value : null;
}

function configServices(shard: ApiShard | undefined): readonly string[] {
  const services = shard?.config?.["services"];
  return Array.isArray(services) ? services.map(String) : Object.keys(shard?.services ?? {});
}
