import type { AuditEntry } from "../../domain/audit.ts";
import { changedNothing } from "../audit-store.ts";
import type { Store } from "../store.ts";
import { createAlarmRows, createAlarmStore } from "./alarms.ts";
import { type AuditKey, createAuditStore } from "./audit.ts";
import { type Commit, type DatabaseLimits, openDatabase } from "./database.ts";
import { createDeckyStore } from "./deckies.ts";
import { createEventStore } from "./events.ts";
import { createHeartbeatStore } from "./heartbeats.ts";
import { createHostRows, createHostStore } from "./hosts.ts";
import { createJournal } from "./journal.ts";
import { createOperatorStore } from "./operators.ts";
import { createRenewalStore } from "./renewals.ts";
import { createShardRows } from "./shards.ts";
import { createTokenStore } from "./tokens.ts";
import { createTrustStore } from "./trust.ts";

export interface SqliteOptions extends DatabaseLimits {
  /** Seals the end of the audit; left out or null, it is chained and not sealed. */
  readonly auditKey?: AuditKey | null;
}

/**
 * The store in one SQLite file with a write-ahead log, held by this process alone. What a method
 * wrote is synced before it resolves.
 *
 * @param path File, or ":memory:".
 * @throws DecnetError database-newer, data-in-use or data-unusable; then nothing was changed.
 */
export function openSqliteStore(path: string, options: SqliteOptions = {}): Store {
  const db = openDatabase(path, options);
  const journal = createJournal(db);
  /** The audit row of the call that is being made: each commits before it first waits. */
  let due: Omit<AuditEntry, "outcome"> | null = null;
  const commit: Commit = async (work) => {
    const entry = due;
    due = null;
    const result = db.transaction(() => {
      const result = work();
      if (entry !== null && !changedNothing(result)) audit.rows.append({ ...entry, outcome: "ok" });
      return result;
    });
    const wake = journal.takeWake();
    await db.flushed();
    wake();
    return result;
  };
  const audit = createAuditStore(db, commit, journal, options.auditKey ?? null);
  const alarms = createAlarmRows(db, journal);
  const hosts = createHostRows(db, journal, alarms);
  const shards = createShardRows(db, journal);
  return {
    ...createHeartbeatStore(db, commit, hosts, shards, alarms, audit.rows),
    ...createHostStore(db, commit, journal, hosts, shards, alarms),
    ...createTokenStore(db, commit, journal, hosts),
    ...createRenewalStore(db, commit, hosts),
    ...createAlarmStore(db, commit, alarms),
    ...createTrustStore(db, commit, journal, hosts),
    ...createDeckyStore(db, commit, journal, hosts, shards),
    ...createEventStore(db, commit, journal, hosts),
    ...journal,
    ...createOperatorStore(db, commit, journal),
    ...audit.store,
    async audited(entry, call) {
      due = entry;
      const result = call();
      const isWritten = due === null;
      due = null;
      const value = await result;
      if (!isWritten) throw new Error(`${entry.action} is to be audited, but wrote nothing`);
      return value;
    },
    async close() {
      db.close();
    },
  };
}
