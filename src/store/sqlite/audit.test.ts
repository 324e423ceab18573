import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type TestContext, test } from "node:test";
import type { AuditVerdict } from "../../domain/audit.ts";
import type { Store } from "../store.ts";
import type { AuditKey } from "./audit.ts";
import { MIGRATIONS } from "./migrations.ts";
import { openSqliteStore } from "./store.ts";

const KEY: AuditKey = { bytes: Buffer.alloc(32, 7), isNew: false };
const NEW_KEY = { ...KEY, isNew: true };

const entry = (n: number) => ({
  atMs: n,
  actor: "operator:anna",
  action: "test",
  target: `t${n}`,
  outcome: "ok",
  address: null,
});

function place(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-audit-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, "master.db");
}

async function written(path: string, count: number): Promise<void> {
  const store = openSqliteStore(path, { auditKey: NEW_KEY });
  for (let n = 1; n <= count; n += 1) await store.appendAudit(entry(n));
  await store.close();
}

/** What somebody does who has the file, and knows that triggers can be dropped. */
function tamper(path: string, sql: string): void {
  const file = new DatabaseSync(path);
  file.exec("DROP TRIGGER audit_keeps_rows; DROP TRIGGER audit_keeps_words");
  file.exec(sql);
  file.close();
}

const told = (verdict: AuditVerdict) =>
  verdict.kind === "whole" ? "whole" : `${verdict.fault} ${verdict.firstBadId}`;

async function reopened<T>(path: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = openSqliteStore(path, { auditKey: KEY });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

test("the database itself refuses to change or delete a row of the audit", async (t) => {
  const path = place(t);
  await written(path, 2);
  const file = new DatabaseSync(path);
  assert.throws(() => file.exec("UPDATE audit SET outcome = 'x'"), /only grows/);
  assert.throws(() => file.exec("DELETE FROM audit"), /only grows/);
  file.close();
});

for (const [what, sql, verdict, end] of [
  ["changed a row", "UPDATE audit SET outcome = 'x' WHERE id = 4", "changed 4", null],
  ["deleted a row", "DELETE FROM audit WHERE id = 3", "missing 3", null],
  [
    "let two rows change places",
    "UPDATE audit SET id = -2 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 3; UPDATE audit SET id = 3 WHERE id = -2",
    "changed 2",
    null,
  ],
  ["cut off the end", "DELETE FROM audit WHERE id > 4", "truncated 5", "truncated"],
  [
    "cut off the end and set the head to match",
    "DELETE FROM audit WHERE id > 4; UPDATE audit_head SET id = 4, hash = (SELECT hash FROM audit WHERE id = 4)",
    "head-forged 4",
    "head-forged",
  ],
  ["took the seal off", "UPDATE audit_head SET seal = NULL", "head-forged 6", "head-forged"],
  ["emptied it all", "DELETE FROM audit; DELETE FROM audit_head", "head-forged 0", "head-forged"],
] as const) {
  test(`verifyAudit() sees that somebody ${what}, and still does after more was written`, async (t) => {
    const path = place(t);
    await written(path, 6);
    tamper(path, sql);
    await reopened(path, async (store) => {
      assert.equal(await store.checkAuditEnd(), end);
      assert.equal(told(await store.verifyAudit(null)), verdict);
      await store.appendAudit(entry(7));
      await store.appendAudit(entry(8));
      assert.notEqual(told(await store.verifyAudit(null)), "whole");
    });
  });
}

test("whoever has the key, too, is found out only by a head that was noted elsewhere", async (t) => {
  const path = place(t);
  await written(path, 6);
  const noted = await reopened(path, (store) => store.auditHead());
  tamper(
    path,
    "DELETE FROM audit WHERE id > 4; UPDATE audit_head SET seal = NULL, id = 4, hash = (SELECT hash FROM audit WHERE id = 4)",
  );
  const store = openSqliteStore(path, { auditKey: NEW_KEY });
  assert.equal(told(await store.verifyAudit(null)), "whole");
  assert.equal(told(await store.verifyAudit(noted)), "head-unknown 5");
  await store.close();
});

test("rows of before there was a chain are put into one, as they stand", async (t) => {
  const path = place(t);
  const old = new DatabaseSync(path);
  const chained = MIGRATIONS.findIndex((step) => typeof step !== "string");
  for (const step of MIGRATIONS.slice(0, chained)) old.exec(String(step));
  old.exec(`PRAGMA user_version = ${chained}`);
  const insert = old.prepare(
    "INSERT INTO audit VALUES (?, ?, 'local:0', 'login', NULL, 'ok', NULL)",
  );
  for (const id of [1, 2, 5]) insert.run(id, id * 10);
  old.exec("INSERT INTO operators VALUES ('admin', 'h', 1)");
  old.close();

  const store = openSqliteStore(path, { auditKey: NEW_KEY });
  const rows = await store.listAudit({ limit: 9 });
  assert.deepEqual(
    rows.map(({ id, atMs }) => [id, atMs]),
    [
      [3, 50],
      [2, 20],
      [1, 10],
    ],
  );
  assert.equal(told(await store.verifyAudit(null)), "whole");
  assert.equal((await store.getOperator("admin"))?.role, "admin", "who was there stays admin");
  await store.close();
});
