import type { ApiAuditEntry, AuditQuery } from "../../../src/wire/api/audit.ts";
import { matchesWords } from "../facts/match.ts";
import type { Change } from "./keyed.ts";
import { applyNewest, type NewestList } from "./newest.ts";

/** What narrows the audit; an empty one takes all. */
export type AuditFilter = Pick<AuditQuery, "actor" | "action" | "target" | "outcome" | "q">;

/** The same as an address says it. */
export type AuditSearch = { readonly [Name in keyof AuditFilter]: AuditFilter[Name] | undefined };

export type AuditList = NewestList<ApiAuditEntry>;

/** Rows may be looked for by the name of the host that they are of. */
type NamedHosts = readonly { readonly uuid: string; readonly name: string }[];

export function applyToAudit(
  list: AuditList,
  filter: AuditFilter,
  changes: readonly Change[],
  hosts: NamedHosts,
): AuditList {
  return applyNewest(
    list,
    changes,
    ({ topic, body }) => (topic === "audit" && matchesAudit(body, filter, hosts) ? body : null),
    ({ id }) => id,
  );
}

/** As the master judges it (`AuditQuery` in `src/store/audit-store.ts`): a row that comes is not asked about. */
export function matchesAudit(
  { actor, action, target, outcome, address }: ApiAuditEntry,
  filter: AuditFilter,
  hosts: NamedHosts,
): boolean {
  const nameOf = (wanted: string | null) =>
    hosts.find(({ uuid }) => uuid === wanted || `host:${uuid}` === wanted)?.name ?? null;
  return (
    (filter.actor === undefined ||
      actor === filter.actor ||
      actor === `operator:${filter.actor}` ||
      actor.startsWith(`operator:${filter.actor}/`)) &&
    (filter.action === undefined ||
      action === filter.action ||
      action.startsWith(`${filter.action}.`)) &&
    (filter.target === undefined || target === filter.target) &&
    (filter.outcome === undefined ||
      outcome === filter.outcome ||
      (filter.outcome === "refused" && outcome !== "ok")) &&
    (filter.q === undefined ||
      matchesWords(filter.q, [
        actor,
        action,
        target,
        outcome,
        address,
        nameOf(target),
        nameOf(actor),
      ]))
  );
}
