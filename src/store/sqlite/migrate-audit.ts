import type { DatabaseSync } from "node:sqlite";
import { chainRows, entryOf } from "./audit.ts";
import type { Row } from "./database.ts";

/** Makes the audit a chain: rows of before get their places and hashes, and nothing changes them. */
export function chainAudit(sqlite: DatabaseSync): void {
  sqlite.exec(`
    ALTER TABLE audit RENAME TO unchained_audit;
    CREATE TABLE audit (
      id INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      actor TEXT NOT NULL,
      action TEXT NOT NULL,
      target TEXT,
      outcome TEXT NOT NULL,
      address TEXT,
      hash TEXT NOT NULL
    ) STRICT;
    -- Where the audit ends, and the proof that this master says so; one row.
    CREATE TABLE audit_head (
      one INTEGER PRIMARY KEY CHECK (one = 1),
      id INTEGER NOT NULL,
      hash TEXT NOT NULL,
      seal TEXT
    ) STRICT;`);
  const before = sqlite.prepare("SELECT * FROM unchained_audit ORDER BY id").all() as Row[];
  const insert = sqlite.prepare("INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  const head = chainRows(before.map(entryOf), (row) => {
    const { id, atMs, actor, action, target, outcome, address, hash } = row;
    insert.run(id, atMs, actor, action, target, outcome, address, hash);
  });
  sqlite.prepare("INSERT INTO audit_head (one, id, hash) VALUES (1, ?, ?)").run(head.id, head.hash);
  // Against our own mistakes alone: whoever has the file can drop a trigger.
  sqlite.exec(`
    DROP TABLE unchained_audit;
    CREATE TRIGGER audit_keeps_rows BEFORE DELETE ON audit
      BEGIN SELECT raise(ABORT, 'the audit only grows'); END;
    CREATE TRIGGER audit_keeps_words BEFORE UPDATE ON audit
      BEGIN SELECT raise(ABORT, 'the audit only grows'); END;`);
}
