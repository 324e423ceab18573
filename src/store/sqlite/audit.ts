import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import {
  type AuditEntry,
  type AuditFault,
  type AuditHead,
  type AuditRow,
  type AuditVerdict,
  chainHash,
  EMPTY_HEAD,
  sameHead,
  verifyChain,
} from "../../domain/audit.ts";
import type { AuditStore } from "../audit-store.ts";
import { type Commit, type Database, openToRead, type Row } from "./database.ts";
import { createJournal, type Journal } from "./journal.ts";
import { number, numberOrNull, text, textOrNull } from "./rows.ts";

/** Proves that a note of where the log ends is this master's: whoever only has the file has no key. */
export interface AuditKey {
  readonly bytes: Uint8Array;
  /** Made just now: a log that was never sealed is not suspicious then. */
  readonly isNew: boolean;
}

export interface AuditRows {
  /** Writes a row in the transaction that the caller holds. */
  append(entry: AuditEntry): void;
}

const ROWS_AT_ONCE = 500;

const sha256 = (of: string) => createHash("sha256").update(of).digest("hex");

export function createAuditStore(
  db: Database,
  commit: Commit,
  journal: Journal,
  key: AuditKey | null,
): { readonly rows: AuditRows; readonly store: Omit<AuditStore, "audited"> } {
  const readHead = db.prepare("SELECT * FROM audit_head");
  const writeHead = db.prepare(
    "INSERT OR REPLACE INTO audit_head (one, id, hash, seal) VALUES (1, ?, ?, ?)",
  );
  const insert = db.prepare(`
    INSERT INTO audit (id, at_ms, actor, action, target, outcome, address, hash)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)`);
  const list = db.prepare(`
    SELECT * FROM audit WHERE id < ?1 AND id >= ?7
      AND (?2 IS NULL OR actor = ?2 OR actor = 'operator:' || ?2
        OR substr(actor, 1, length(?2) + 10) = 'operator:' || ?2 || '/')
      AND (?3 IS NULL OR action = ?3 OR substr(action, 1, length(?3) + 1) = ?3 || '.')
      AND (?4 IS NULL OR target = ?4)
      AND (?5 IS NULL OR outcome = ?5 OR ?5 = 'refused' AND outcome <> 'ok')
      AND NOT EXISTS (
        SELECT 1 FROM json_each(?6) WHERE instr(lower(concat_ws(' ', actor, action, target, outcome,
          address, (SELECT name FROM hosts WHERE uuid = target),
          (SELECT name FROM hosts WHERE uuid = substr(actor, 6) AND actor LIKE 'host:%')
        )), lower(value)) = 0)
    ORDER BY id DESC LIMIT ?8`);
  const floor = db.prepare(
    "SELECT min(id) AS id FROM (SELECT id FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?)",
  );
  const last = db.prepare("SELECT * FROM audit ORDER BY id DESC LIMIT 1");
  const part = db.prepare("SELECT * FROM audit WHERE id > ? AND id <= ? ORDER BY id LIMIT ?");

  const sealOf = (head: AuditHead): string | null =>
    key === null
      ? null
      : createHmac("sha256", key.bytes)
          .update(`decnet-audit-head-1\n${head.id}\n${head.hash}`)
          .digest("hex");

  function noted(): { readonly head: AuditHead; readonly isOurs: boolean } {
    const row = readHead.get();
    if (row === undefined) return { head: EMPTY_HEAD, isOurs: false };
    const head = { id: number(row, "id"), hash: text(row, "hash") };
    return { head, isOurs: isSeal(textOrNull(row, "seal"), sealOf(head)) };
  }

  function isSeal(found: string | null, right: string | null): boolean {
    if (right === null) return true;
    if (found === null || found.length !== right.length) return false;
    return timingSafeEqual(Buffer.from(found), Buffer.from(right));
  }

  function append(entry: AuditEntry): void {
    const { head, isOurs } = noted();
    const lastId = Number(last.get()?.["id"] ?? 0);
    // What follows an end that is not ours leaves a gap: the log never reads as whole again.
    const before =
      isOurs && lastId <= head.id ? head : { id: Math.max(head.id, lastId) + 1, hash: head.hash };
    const next = { id: before.id + 1, hash: chainHash(before, entry, sha256) };
    const { atMs, actor, action, target, outcome, address } = entry;
    insert.run(next.id, atMs, actor, action, target, outcome, address, next.hash);
    writeHead.run(next.id, next.hash, sealOf(next));
    const body = { id: next.id, atMs, actor, action, target, outcome, address, hash: next.hash };
    journal.write(atMs, { topic: "audit", key: String(next.id), body });
  }

  async function* rowsUpTo(lastId: number): AsyncGenerator<AuditRow> {
    let id = 0;
    for (;;) {
      const rows = db.read(() => part.all(id, lastId, ROWS_AT_ONCE)).map(rowOf);
      yield* rows;
      id = rows.at(-1)?.id ?? lastId;
      if (rows.length < ROWS_AT_ONCE) return;
      await new Promise(setImmediate);
    }
  }

  // A log of before there was a key is sealed as it stands.
  if (key?.isNew === true) {
    db.transaction(() => {
      const row = readHead.get();
      if (row === undefined || textOrNull(row, "seal") !== null) return;
      const head = { id: number(row, "id"), hash: text(row, "hash") };
      writeHead.run(head.id, head.hash, sealOf(head));
    });
  }

  return {
    rows: { append },
    store: {
      async appendAudit(entry) {
        await commit(() => append(entry));
      },
      async listAudit({ limit, beforeId, actor, action, target, outcome, words = [] }) {
        const found: AuditRow[] = [];
        const filter = [actor ?? null, action ?? null, target ?? null, outcome ?? null];
        let before = beforeId ?? Number.MAX_SAFE_INTEGER;
        for (;;) {
          const from = db.read(() => numberOrNull(floor.get(before, ROWS_AT_ONCE) ?? {}, "id"));
          if (from === null) return found;
          const sought = [...filter, JSON.stringify(words), from, limit - found.length];
          found.push(...db.read(() => list.all(before, ...sought)).map(rowOf));
          if (found.length === limit) return found;
          before = from;
          await new Promise(setImmediate);
        }
      },
      async auditHead() {
        return db.read(noted).head;
      },
      async checkAuditEnd(): Promise<AuditFault | null> {
        return db.read(() => {
          const { head, isOurs } = noted();
          if (!isOurs) return "head-forged";
          const row = last.get();
          const end = row === undefined ? EMPTY_HEAD : rowOf(row);
          if (sameHead(end, head)) return null;
          if (end.id === head.id) return "changed";
          return end.id < head.id ? "truncated" : "foreign";
        });
      },
      async verifyAudit(known) {
        // Of one moment: what is appended while the rows are read is not looked at.
        const { head, isOurs, lastId } = db.read(() => {
          const row = last.get();
          return { ...noted(), lastId: row === undefined ? 0 : number(row, "id") };
        });
        const verdict = await verifyChain(rowsUpTo(lastId), { noted: head, known, sha256 });
        if (verdict.kind === "broken" || isOurs) return verdict;
        return { kind: "broken", fault: "head-forged", firstBadId: head.id };
      },
    },
  };
}

/**
 * Verifies the audit in a database file that no process holds, and writes nothing.
 * @throws DecnetError data-in-use, or data-unusable.
 */
export async function verifyAuditFile(
  path: string,
  key: AuditKey | null,
  known: AuditHead | null,
): Promise<AuditVerdict> {
  const db = openToRead(path);
  try {
    const { store } = createAuditStore(db, async (work) => work(), createJournal(db), key);
    return await store.verifyAudit(known);
  } finally {
    db.close();
  }
}

/** Puts the rows of before there was a chain into one: for the migration alone. */
export function chainRows(
  entries: Iterable<AuditEntry>,
  write: (row: AuditRow) => void,
): AuditHead {
  let head: AuditHead = EMPTY_HEAD;
  for (const entry of entries) {
    const row = { ...entry, id: head.id + 1, hash: chainHash(head, entry, sha256) };
    write(row);
    head = { id: row.id, hash: row.hash };
  }
  return head;
}

export function entryOf(row: Row): AuditEntry {
  return {
    atMs: number(row, "at_ms"),
    actor: text(row, "actor"),
    action: text(row, "action"),
    target: textOrNull(row, "target"),
    outcome: text(row, "outcome"),
    address: textOrNull(row, "address"),
  };
}

function rowOf(row: Row): AuditRow {
  return { id: number(row, "id"), ...entryOf(row), hash: text(row, "hash") };
}
