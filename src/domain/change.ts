import type { Alarm } from "./alarm.ts";
import type { AuditRow } from "./audit.ts";
import type { Decky } from "./decky.ts";
import type { StoredEvent } from "./event.ts";
import type { Host, HostProblem } from "./host.ts";
import type { Account } from "./operator.ts";
import type { Shard } from "./shard.ts";
import type { ApiToken, JoinToken } from "./token.ts";

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
  | { readonly topic: "event"; readonly key: string; readonly body: StoredEvent }
  /** A host said whom it trusts: how far a rotation is has changed. */
  | { readonly topic: "trust"; readonly key: string; readonly body: null }
  | { readonly topic: "token"; readonly key: string; readonly body: JoinToken }
  | { readonly topic: "api-token"; readonly key: string; readonly body: ApiToken }
  /** Its operator was deleted. */
  | {
      readonly topic: "api-token-removed";
      readonly key: string;
      readonly body: { readonly operator: string };
    }
  | { readonly topic: "operator"; readonly key: string; readonly body: Account }
  | { readonly topic: "operator-removed"; readonly key: string; readonly body: null }
  | { readonly topic: "audit"; readonly key: string; readonly body: AuditRow };
