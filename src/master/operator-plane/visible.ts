import type { Change } from "../../domain/change.ts";
import { type Caller, may } from "./caller.ts";

/** Whether a caller may be told of a change: the stream tells nobody what one may not read. */
export function maySee(caller: Caller, change: Change): boolean {
  switch (change.topic) {
    case "audit":
      return may(caller, "audit.read");
    // As `GET /api-tokens` and `GET /session`: one's own, or everybody's for who manages operators.
    case "api-token":
    case "api-token-removed":
      return may(caller, "self") && (may(caller, "operators.read") || isOf(caller, change.body));
    case "operator":
    case "operator-removed":
      return may(caller, "operators.read") || isOf(caller, { operator: change.key });
    case "token":
    case "host":
    case "problems":
    case "shard":
    case "shard-removed":
    case "decky":
    case "decky-removed":
    case "alarm":
    case "event":
      return may(caller, "fleet.read");
  }
}

function isOf(caller: Caller, { operator }: { readonly operator: string }): boolean {
  return caller.kind === "operator" && caller.session.operator === operator;
}
