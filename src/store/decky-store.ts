import type { Decky } from "../domain/decky.ts";
import type { HostState } from "../domain/host.ts";
import type { Shard, ShardState } from "../domain/shard.ts";

export interface DeckyStore {
  /** Sorted by name. */
  listDeckies(hostUuid?: string): Promise<readonly Decky[]>;
  getDecky(name: string): Promise<Decky | null>;
  /**
   * Assigns a decky: raises its host's generation and adds its shard as `pending`. A shard of that
   * name which its host merely reported becomes the assigned one.
   */
  addDecky(decky: Decky): Promise<
    | { readonly kind: "added"; readonly generation: number }
    | {
        readonly kind: "refused";
        readonly code:
          | "host-not-found"
          | "host-not-usable"
          | "decky-name-taken"
          | "decky-address-taken";
      }
  >;
  /** Its shard becomes `stopping`, and goes once its host no longer reports it. */
  removeDecky(name: string, nowMs: number): Promise<boolean>;
  /** Sorted by name. */
  listShards(hostUuid?: string): Promise<readonly Shard[]>;
  /** How many are in each state on hosts of each state; reads no shard whole. */
  countShards(): Promise<
    readonly {
      readonly state: ShardState;
      readonly hostState: HostState;
      readonly count: number;
    }[]
  >;
  getShard(name: string): Promise<Shard | null>;
}
