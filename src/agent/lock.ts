import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { DecnetError } from "../domain/errors.ts";

/**
 * Takes a data directory for this process alone. The lock is SQLite's on an empty database, so the
 * system itself lets go of it when the process ends, however it ends: there is no stale lock.
 *
 * @returns How to let go.
 * @throws DecnetError `data-in-use` if another process has it, `data-unusable` if it cannot be locked.
 */
export function lockDataDir(dataDir: string): () => void {
  let database: DatabaseSync | null = null;
  try {
    database = new DatabaseSync(join(dataDir, "agent.lock"), { timeout: 0 });
    database.exec("BEGIN EXCLUSIVE");
    const held = database;
    return () => held.close();
  } catch (cause) {
    database?.close();
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message.includes("locked")) throw new DecnetError("data-in-use", dataDir, { cause });
    throw new DecnetError("data-unusable", `${dataDir}: ${message}`, { cause });
  }
}
