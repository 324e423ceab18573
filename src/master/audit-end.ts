import { AUDIT_FAULTS } from "../domain/audit.ts";
import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { AuditStore } from "../store/store.ts";

/**
 * Looks at the end of the audit before anything is added to it. One that is not as it was written is
 * told of in the log and by a row that stays: the master goes on, since a fleet that nobody watches
 * is what whoever did it may have wanted.
 */
export async function checkAudit(deps: {
  readonly store: Pick<AuditStore, "checkAuditEnd" | "appendAudit" | "auditHead">;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<void> {
  const { store, clock, log } = deps;
  await noteAuditHead(deps);
  const fault = await store.checkAuditEnd();
  if (fault === null) return;
  log.error("the audit is not as it was written", { fault, meaning: AUDIT_FAULTS[fault] });
  await store.appendAudit({
    atMs: clock.nowMs(),
    actor: "system",
    action: "audit.broken",
    target: null,
    outcome: fault,
    address: null,
  });
}

/** Tells the log where the audit ends: kept elsewhere, it is what `decnet audit verify` compares with. */
export async function noteAuditHead(deps: {
  readonly store: Pick<AuditStore, "auditHead">;
  readonly log: Log;
}): Promise<void> {
  const { id, hash } = await deps.store.auditHead();
  deps.log.info("audit ends here", { head: `${id}:${hash}` });
}
