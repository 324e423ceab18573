import type { Change } from "../../domain/change.ts";
import type { Permission } from "../../domain/role.ts";
import { type Caller, may } from "./caller.ts";

/** What it takes to read the list that a change is of, as the routes say it. */
const NEEDS: Readonly<Record<Change["topic"], readonly Permission[]>> = {
  host: ["fleet.read"],
  problems: ["fleet.read"],
  shard: ["fleet.read"],
  "shard-removed": ["fleet.read"],
  decky: ["fleet.read"],
  "decky-removed": ["fleet.read"],
  alarm: ["fleet.read"],
  event: ["fleet.read"],
  trust: ["fleet.read"],
  token: ["fleet.read"],
  audit: ["audit.read"],
  operator: ["operators.read"],
  "operator-removed": ["operators.read"],
  "api-token": ["self", "operators.read"],
  "api-token-removed": ["self", "operators.read"],
};

/** Whether a caller may be told of a change: the stream tells nobody what one may not read. */
export function maySee(caller: Caller, change: Change): boolean {
  if (caller.kind === "operator" && caller.session.operator === ownerOf(change)) return true;
  return NEEDS[change.topic].every((permission) => may(caller, permission));
}

/** Whose account it is about; null of what is nobody's. */
function ownerOf(change: Change): string | null {
  if (change.topic === "operator" || change.topic === "operator-removed") return change.key;
  const isToken = change.topic === "api-token" || change.topic === "api-token-removed";
  return isToken ? change.body.operator : null;
}
