import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AuditHead, AuditVerdict } from "../domain/audit.ts";
import type { AuditKey } from "../store/sqlite/audit.ts";
import { verifyAuditFile } from "../store/sqlite/audit.ts";
import { loadSecret, type Secret } from "./secret-file.ts";

/** Beside the database: what the end of the audit and second factors are protected with. */
export const OPERATORS_SECRET = "operators.secret";

export function auditKeyOf({ derive, isNew }: Secret): AuditKey {
  return { bytes: derive("audit head"), isNew };
}

/**
 * Verifies the audit of a master that does not run.
 *
 * @param dataDir The master's part of the data directory.
 * @returns null if there is no database.
 * @throws DecnetError data-in-use, or data-unusable.
 */
export async function verifyAuditOf(
  dataDir: string,
  known: AuditHead | null,
): Promise<AuditVerdict | null> {
  const path = join(dataDir, "master.db");
  if (!existsSync(path)) return null;
  const secret = await loadSecret(join(dataDir, OPERATORS_SECRET));
  // A secret that is gone leaves a seal that nobody can check: as bad as a wrong one.
  const key = secret === null ? { bytes: new Uint8Array(32), isNew: false } : auditKeyOf(secret);
  return verifyAuditFile(path, key, known);
}
