import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { DecnetError } from "../../domain/errors.ts";
import { StoreUnavailable } from "../store.ts";
import { MIGRATIONS } from "./migrations.ts";
import { noSync, openWalSync, type WalSync } from "./wal-sync.ts";

/** Primary result codes of SQLite (sqlite.org/rescode.html) that say: disk or file, not query. */
const UNAVAILABLE: ReadonlySet<number> = new Set([
  5,
  6,
  8,
  10,
  11,
  13,
  14,
  23,
  26, // busy, locked, readonly, ioerr, corrupt, full, cantopen, auth, notadb
]);

/** A database file held by this process alone, its statements prepared once. */
export interface Database {
  prepare(sql: string): Statement;
  /**
   * Runs `work` in one transaction; committed when it returns, durable once `flushed` resolves.
   * @throws StoreUnavailable If the disk fails; whatever `work` throws, otherwise. Nothing is written then.
   */
  transaction<T>(work: () => T): T;
  /** As `WalSync.flushed`. */
  readonly flushed: () => Promise<void>;
  /**
   * Runs what only reads, outside a transaction.
   * @throws StoreUnavailable If the disk fails.
   */
  read<T>(work: () => T): T;
  /** Called after each rollback: forget what was remembered. */
  onRollback(forget: () => void): void;
  close(): void;
}

/**
 * Runs its work in one transaction; resolves with what it returned once that is durable and the
 * readers of the journal have been woken.
 * @throws As `transaction` and `flushed`.
 */
export type Commit = <T>(work: () => T) => Promise<T>;

export interface DatabaseLimits {
  /** Most pages that the file may have, each of 4 KiB: beyond it the disk counts as full. */
  readonly mostPages?: number;
}

export type Row = Readonly<Record<string, string | number | null>>;

/** What node:sqlite prepares, with rows of the types that this schema has. */
export interface Statement {
  get(...values: SQLInputValue[]): Row | undefined;
  all(...values: SQLInputValue[]): Row[];
  run(...values: SQLInputValue[]): { readonly changes: number | bigint };
}

/**
 * Opens or creates a database and brings it to this version's schema.
 *
 * @param path File, or ":memory:".
 * @throws DecnetError database-newer, data-in-use or data-unusable; then nothing was changed.
 */
export function openDatabase(path: string, limits: DatabaseLimits = {}): Database {
  const sqlite = open(path);
  if (limits.mostPages !== undefined) sqlite.exec(`PRAGMA max_page_count = ${limits.mostPages}`);
  return databaseOf(sqlite, path === ":memory:" ? noSync : openWalSync(`${path}-wal`));
}

/**
 * Opens a database that no process holds, of this version's schema, and writes nothing to it.
 * @throws DecnetError data-in-use, or data-unusable.
 */
export function openToRead(path: string): Database {
  let sqlite: DatabaseSync | null = null;
  try {
    sqlite = new DatabaseSync(path, { readOnly: true });
    const version = Number(sqlite.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version === MIGRATIONS.length) return databaseOf(sqlite, noSync);
    throw new DecnetError(
      "data-unusable",
      `${path} has schema ${version}, this version reads ${MIGRATIONS.length}: start the master once`,
    );
  } catch (error) {
    sqlite?.close();
    throw openingError(path, error);
  }
}

function databaseOf(sqlite: DatabaseSync, log: WalSync): Database {
  const forgets: (() => void)[] = [];
  const begin = sqlite.prepare("BEGIN IMMEDIATE");
  const commit = sqlite.prepare("COMMIT");
  const rollback = sqlite.prepare("ROLLBACK");

  return {
    prepare: (sql) => sqlite.prepare(sql) as Statement,
    transaction(work) {
      log.check();
      try {
        begin.run();
        const result = work();
        commit.run();
        return result;
      } catch (error) {
        if (sqlite.isTransaction) rollback.run();
        for (const forget of forgets) forget();
        throw translate(error);
      }
    },
    flushed: log.flushed,
    read(work) {
      try {
        return work();
      } catch (error) {
        throw translate(error);
      }
    },
    onRollback: (forget) => void forgets.push(forget),
    close() {
      sqlite.close();
      log.close();
    },
  };
}

function open(path: string): DatabaseSync {
  let sqlite: DatabaseSync | null = null;
  try {
    makePrivate(path);
    sqlite = new DatabaseSync(path);
    sqlite.exec("PRAGMA locking_mode = EXCLUSIVE");
    const version = Number(sqlite.prepare("PRAGMA user_version").get()?.["user_version"]);
    if (version > MIGRATIONS.length) {
      throw new DecnetError(
        "database-newer",
        `${path} has schema ${version}, this version knows ${MIGRATIONS.length}`,
      );
    }
    sqlite.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA foreign_keys = ON;
      PRAGMA cache_size = -32768;
      PRAGMA wal_autocheckpoint = 8000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(sqlite, version);
    // From here on the log is synced by `WalSync`. This write has made it, and made that durable.
    sqlite.exec("PRAGMA synchronous = NORMAL");
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw openingError(path, error);
  }
}

/** SQLite would let all users read what it creates; its log takes after the file. */
function makePrivate(path: string): void {
  if (path === ":memory:") return;
  try {
    closeSync(openSync(path, "a", 0o600));
  } catch (cause) {
    throw new DecnetError("data-unusable", messageOf(cause), { cause });
  }
}

function openingError(path: string, error: unknown): unknown {
  if (error instanceof DecnetError) return error;
  const code = resultCode(error);
  if (code === 5) return new DecnetError("data-in-use", path, { cause: error });
  if (code === null) return error;
  return new DecnetError("data-unusable", `${path}: ${messageOf(error)}`, { cause: error });
}

function migrate(sqlite: DatabaseSync, from: number): void {
  for (const [version, step] of MIGRATIONS.entries()) {
    if (version < from) continue;
    sqlite.exec("BEGIN IMMEDIATE");
    if (typeof step === "string") sqlite.exec(step);
    else step(sqlite);
    sqlite.exec(`PRAGMA user_version = ${version + 1}; COMMIT`);
  }
  // Also where there was no step to take: a write, so that there is a log.
  sqlite.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
}

/** Primary result code of an error that SQLite raised; null of any other. */
function resultCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error)) return null;
  return typeof error.errcode === "number" ? error.errcode & 0xff : null;
}

function translate(error: unknown): unknown {
  const code = resultCode(error);
  if (code === null || !UNAVAILABLE.has(code)) return error;
  return new StoreUnavailable(messageOf(error), { cause: error });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
