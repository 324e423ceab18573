import type { Store } from "../store.ts";
import { type Commit, type DatabaseLimits, openDatabase } from "./database.ts";
import { createDeckyStore } from "./deckies.ts";
import { createEventStore } from "./events.ts";
import { createHeartbeatStore } from "./heartbeats.ts";
import { createHostRows, createHostStore, createTokenStore } from "./hosts.ts";
import { createJournal } from "./journal.ts";
import { createOperatorStore } from "./operators.ts";
import { createShardRows } from "./shards.ts";

/**
 * The store in one SQLite file with a write-ahead log, held by this process alone. What a method
 * wrote is synced before it resolves.
 *
 * @param path File, or ":memory:".
 * @throws DecnetError database-newer, data-in-use or data-unusable; then nothing was changed.
 */
export function openSqliteStore(path: string, limits: DatabaseLimits = {}): Store {
  const db = openDatabase(path, limits);
  const journal = createJournal(db);
  const commit: Commit = async (work) => {
    const result = db.transaction(work);
    const wake = journal.takeWake();
    await db.flushed();
    wake();
    return result;
  };
  const hosts = createHostRows(db, journal);
  const shards = createShardRows(db, journal);
  return {
    ...createHeartbeatStore(db, commit, hosts, shards),
    ...createHostStore(db, commit, journal, hosts, shards),
    ...createTokenStore(db, commit, hosts),
    ...createDeckyStore(db, commit, journal, hosts, shards),
    ...createEventStore(db, commit, journal, hosts),
    ...journal,
    ...createOperatorStore(db, commit),
    async close() {
      db.close();
    },
  };
}
