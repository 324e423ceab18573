import type { AuditEntry, AuditFault, AuditHead, AuditRow, AuditVerdict } from "../domain/audit.ts";

/** The log of who did what. It only grows, and each row's hash covers all before it. */
export interface AuditStore {
  /**
   * Makes one writing call to this store whose audit row is of the same transaction: neither is ever
   * written without the other. Where nothing was changed (`changedNothing`), no row is written: the
   * caller keeps a refusal, if it is to be kept.
   *
   * @param call Calls one method of this store, before it waits for anything.
   * @throws {Error} If it did not: a bug of the caller, whose deed nobody would have written down.
   */
  audited<T>(entry: Omit<AuditEntry, "outcome">, call: () => Promise<T>): Promise<T>;
  appendAudit(entry: AuditEntry): Promise<void>;
  /** Newest first. Others get their turn while rows are looked for. */
  listAudit(query: AuditQuery): Promise<readonly AuditRow[]>;
  auditHead(): Promise<AuditHead>;
  /** Whether the log ends as it was written: a quick look, for every start. */
  checkAuditEnd(): Promise<AuditFault | null>;
  /**
   * Reads the whole log. Others get their turn in between.
   * @param known A head that somebody kept elsewhere; null for none.
   */
  verifyAudit(known: AuditHead | null): Promise<AuditVerdict>;
}

/** Whether a result of the store says that it changed nothing: refused, not there, or done before. */
export function changedNothing(result: unknown): boolean {
  if (result === null || result === false) return true;
  if (typeof result !== "object") return false;
  if ("kind" in result && result.kind === "refused") return true;
  return (
    ("again" in result && result.again === true) || ("already" in result && result.already === true)
  );
}

export interface AuditQuery {
  readonly limit: number;
  /** Only those with a smaller id. */
  readonly beforeId?: number;
  /** An actor as it stands, or an operator's name: then with all that the operator's tokens did. */
  readonly actor?: string;
  /** As it stands, or the part before a dot. */
  readonly action?: string;
  readonly target?: string;
  /** As it stands, or `refused`: whatever is not `ok`. */
  readonly outcome?: string;
  /**
   * Each of these occurs somewhere in the row, whatever the case of its ASCII letters: in any of its
   * texts, or in the name of the host that it is about or that did it.
   */
  readonly words?: readonly string[];
}
