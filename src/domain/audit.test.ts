import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import {
  type AuditEntry,
  type AuditHead,
  type AuditRow,
  chainHash,
  EMPTY_HEAD,
  verifyChain,
} from "./audit.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const entry = (n: number): AuditEntry => ({
  atMs: n,
  actor: "operator:anna",
  action: "test",
  target: n % 2 === 0 ? null : `t${n}`,
  outcome: "ok",
  address: null,
});

function chained(count: number): AuditRow[] {
  let head: AuditHead = EMPTY_HEAD;
  return Array.from({ length: count }, (_, n) => {
    const row = { ...entry(n), id: n + 1, hash: chainHash(head, entry(n), sha256) };
    head = row;
    return row;
  });
}

const rows = chained(6);
const end = rows.at(-1) ?? EMPTY_HEAD;
const verdict = async (
  of: readonly AuditRow[],
  noted: AuditHead = end,
  known: AuditHead | null = null,
) => {
  const found = await verifyChain(of, { noted, known, sha256 });
  return found.kind === "whole" ? "whole" : `${found.fault} ${found.firstBadId}`;
};
const without = (id: number) => rows.filter((row) => row.id !== id);
const edited = (id: number, change: Partial<AuditRow>) =>
  rows.map((row) => (row.id === id ? { ...row, ...change } : row));

test("verifyChain() believes a log as it was written, also an empty one", async () => {
  assert.equal(await verdict(rows), "whole");
  assert.equal(await verdict([], EMPTY_HEAD), "whole");
});

test("verifyChain() names the first row that was changed, in any field", async () => {
  const changes: Partial<AuditRow>[] = [
    { atMs: 99 },
    { actor: "operator:eve" },
    { action: "other" },
    { target: "x" },
    { outcome: "login-failed" },
    { address: "192.0.2.1" },
    { hash: "f".repeat(64) },
  ];
  for (const change of changes) assert.equal(await verdict(edited(3, change)), "changed 3");
});

test("verifyChain() tells null from the word, and where one field ends", async () => {
  assert.equal(await verdict(edited(1, { target: "null" })), "changed 1");
  assert.equal(await verdict(edited(2, { actor: "operator:annat", action: "est" })), "changed 2");
});

test("verifyChain() names a row that is missing at the start, within and at the end", async () => {
  assert.equal(await verdict(without(1)), "missing 1");
  assert.equal(await verdict(without(4)), "missing 4");
  assert.equal(await verdict(without(6)), "truncated 6");
  assert.equal(await verdict([]), "truncated 1");
});

test("verifyChain() names the first of two rows that changed places", async () => {
  const swapped = rows.map((row) => {
    const other = row.id === 2 ? rows[2] : row.id === 3 ? rows[1] : row;
    return { ...(other ?? row), id: row.id };
  });
  assert.equal(await verdict(swapped), "changed 2");
});

test("verifyChain() sees a row whose hash was made anew by the next one's", async () => {
  const forged = edited(3, { outcome: "x" });
  const before = forged[1] ?? EMPTY_HEAD;
  const third = forged[2];
  assert.ok(third !== undefined);
  forged[2] = { ...third, hash: chainHash(before, third, sha256) };
  assert.equal(await verdict(forged), "changed 4");
});

test("verifyChain() sees rows behind the noted end, and a whole log that is another", async () => {
  assert.equal(await verdict(rows, rows[3]), "foreign 5");
  const other = chained(6).map((row) => ({ ...row }));
  assert.equal(await verdict(other, { id: 6, hash: "a".repeat(64) }), "changed 6");
});

test("verifyChain() finds a head that was noted elsewhere, or says that it is gone", async () => {
  assert.equal(await verdict(rows, end, rows[2]), "whole");
  assert.equal(await verdict(rows, end, EMPTY_HEAD), "whole");
  assert.equal(await verdict(rows, end, { id: 3, hash: "0".repeat(64) }), "head-unknown 3");
  assert.equal(await verdict(rows.slice(0, 2), rows[1], rows[4]), "head-unknown 3");
});
