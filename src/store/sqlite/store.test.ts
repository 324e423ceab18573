import assert from "node:assert/strict";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { alarmConformance } from "../conformance/alarms.ts";
import { beat, enroll, everything, reported } from "../conformance/fixture.ts";
import { heartbeatConformance } from "../conformance/heartbeats.ts";
import { journalConformance } from "../conformance/journal.ts";
import { lifecycleConformance } from "../conformance/lifecycle.ts";
import { lineageConformance } from "../conformance/lineages.ts";
import { operatorConformance } from "../conformance/operators.ts";
import { renewalConformance } from "../conformance/renewals.ts";
import { trustConformance } from "../conformance/trust.ts";
import { StoreUnavailable } from "../store.ts";
import { openSqliteStore } from "./store.ts";

alarmConformance(async () => openSqliteStore(":memory:"));
heartbeatConformance(async () => openSqliteStore(":memory:"));
lineageConformance(async () => openSqliteStore(":memory:"));
lifecycleConformance(async () => openSqliteStore(":memory:"));
journalConformance(async () => openSqliteStore(":memory:"));
operatorConformance(async () => openSqliteStore(":memory:"));
renewalConformance(async () => openSqliteStore(":memory:"));
trustConformance(async () => openSqliteStore(":memory:"));

function withFile(title: string, work: (path: string) => Promise<void>) {
  test(title, async () => {
    const dir = mkdtempSync(join(tmpdir(), "decnet-store-"));
    try {
      await work(join(dir, "master.db"));
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
}

withFile("openSqliteStore() finds after a restart what was committed", async (path) => {
  const store = openSqliteStore(path);
  await enroll(store, "a");
  await store.commitHeartbeats([beat("a", [reported("d1")])]);
  const before = await everything(store);
  await store.close();
  const again = openSqliteStore(path);
  assert.deepEqual(await everything(again), before);
  await again.close();
});

withFile("openSqliteStore() makes files that no other user may read", async (path) => {
  const store = openSqliteStore(path);
  await enroll(store, "a");
  const modes = [path, `${path}-wal`].map((file) => statSync(file).mode & 0o777);
  assert.deepEqual(modes, [0o600, 0o600]);
  await store.close();
});

withFile("openSqliteStore() refuses a file that another process holds", async (path) => {
  const store = openSqliteStore(path);
  assert.throws(() => openSqliteStore(path), { code: "data-in-use" });
  await store.close();
});

withFile(
  "openSqliteStore() refuses a database of a newer version and leaves it alone",
  async (path) => {
    const newer = new DatabaseSync(path);
    newer.exec("PRAGMA user_version = 999");
    newer.close();
    assert.throws(() => openSqliteStore(path), { code: "database-newer" });
    const after = new DatabaseSync(path);
    assert.equal(after.prepare("PRAGMA user_version").get()?.["user_version"], 999);
    assert.equal(after.prepare("SELECT count(*) AS n FROM sqlite_schema").get()?.["n"], 0);
    after.close();
  },
);

withFile("openSqliteStore() refuses a file that is no database", async (path) => {
  writeFileSync(
    path,
    "this is a letter, not a database, and long enough to be read as one\n".repeat(99),
  );
  assert.throws(() => openSqliteStore(path), { code: "data-unusable" });
});

withFile("openSqliteStore() refuses a folder that is not there", async (path) => {
  assert.throws(() => openSqliteStore(join(path, "no", "such.db")), { code: "data-unusable" });
});

withFile("P8: a full disk is StoreUnavailable, writes nothing, and passes", async (path) => {
  const store = openSqliteStore(path);
  await enroll(store, "a");
  await store.close();
  const limited = openSqliteStore(path, { mostPages: pagesOf(path) + 1 });
  const before = await everything(limited);
  const many = Array.from({ length: 200 }, (_, n) => reported(`decky-${n}`));
  await assert.rejects(limited.commitHeartbeats([beat("a", many)]), StoreUnavailable);
  assert.deepEqual(await everything(limited), before);
  const [outcome] = await limited.commitHeartbeats([beat("a", [])]);
  assert.equal(outcome?.kind, "accepted", "what fits is taken again");
  await limited.close();
});

function pagesOf(path: string): number {
  const db = new DatabaseSync(path);
  const pages = Number(db.prepare("PRAGMA page_count").get()?.["page_count"]);
  db.close();
  return pages;
}

withFile(
  "a batch that breaks is rolled back whole and what was remembered with it",
  async (path) => {
    const store = openSqliteStore(path);
    await enroll(store, "a");
    const broken = beat("a", [], {
      bodyDigest: "broken",
      read: () => {
        throw new TypeError("a bug in a parser");
      },
    });
    const good = beat("a", [reported("d1")]);
    await assert.rejects(store.commitHeartbeats([good, broken]), TypeError);
    assert.deepEqual(await store.listShards(), []);
    await store.commitHeartbeats([good]);
    assert.equal((await store.listShards()).length, 1);
    await store.close();
  },
);
