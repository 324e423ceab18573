import type { Store } from "../store.ts";
import { createAlarmRows, createAlarmStore } from "./alarms.ts";
import { type DatabaseLimits, openDatabase } from "./database.ts";
import { createDeckyStore } from "./deckies.ts";
import { createEventStore } from "./events.ts";
import { createHeartbeatStore } from "./heartbeats.ts";
import { createHostRows, createHostStore, createTokenStore } from "./hosts.ts";
import { createJournal } from "./journal.ts";
import { createOperatorStore } from "./operators.ts";
import { createRenewalStore } from "./renewals.ts";
import { createShardRows } from "./shards.ts";

/**
 * The store in one SQLite file: WAL, synchronous=FULL, held by this process alone.
 *
 * @param path File, or ":memory:".
 * @throws DecnetError database-newer, data-in-use or data-unusable; then nothing was changed.
 */
export function openSqliteStore(path: string, limits: DatabaseLimits = {}): Store {
  const db = openDatabase(path, limits);
  const journal = createJournal(db);
  const commit = <T>(work: () => T): T => {
    const result = db.transaction(work);
    journal.wakeIfWritten();
    return result;
  };
  const alarms = createAlarmRows(db, journal);
  const hosts = createHostRows(db, journal, alarms);
  const shards = createShardRows(db, journal);
  return {
    ...createHeartbeatStore(db, commit, hosts, shards, alarms),
    ...createHostStore(db, commit, journal, hosts, shards, alarms),
    ...createTokenStore(db, commit, hosts),
    ...createRenewalStore(db, commit, hosts),
    ...createAlarmStore(db, commit, alarms),
    ...createDeckyStore(db, commit, journal, hosts, shards),
    ...createEventStore(db, commit, journal, hosts),
    ...journal,
    ...createOperatorStore(db, commit),
    async close() {
      db.close();
    },
  };
}
