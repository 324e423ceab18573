import type { Alarm } from "./alarm.ts";
import type { Decky } from "./decky.ts";
import type { StoredEvent } from "./event.ts";
import type { Host, HostProblem } from "./host.ts";
import type { Shard } from "./shard.ts";

/**
 * One row of the journal: written in the transaction of the change that it tells of, so that a
 * reader who holds `seq` can catch up on all that came later, in order, also across a restart.
 */
export type Change = { readonly seq: number; readonly atMs: number } & ChangeBody;

export type ChangeBody =
  | { readonly topic: "host"; readonly key: string; readonly body: Host }
  | { readonly topic: "problems"; readonly key: string; readonly body: readonly HostProblem[] }
  | { readonly topic: "shard"; readonly key: string; readonly body: Shard }
  /** The shard is gone for good. */
  | {
      readonly topic: "shard-removed";
      readonly key: string;
      readonly body: { readonly hostUuid: string };
    }
  | { readonly topic: "decky"; readonly key: string; readonly body: Decky }
  | {
      readonly topic: "decky-removed";
      readonly key: string;
      readonly body: { readonly hostUuid: string };
    }
  | { readonly topic: "alarm"; readonly key: string; readonly body: Alarm }
  | { readonly topic: "event"; readonly key: string; readonly body: StoredEvent };
