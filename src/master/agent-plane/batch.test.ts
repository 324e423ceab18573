import assert from "node:assert/strict";
import { test } from "node:test";
import { beat, enroll, reported } from "../../store/conformance/fixture.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { type BatchDeps, createBatch } from "./batch.ts";

/** Of a store, in a process that has nothing else to do. */
const batchOf = (store: BatchDeps["store"], over: Partial<BatchDeps> = {}) =>
  createBatch({
    store,
    defer: setImmediate,
    nowMs: () => 0,
    onBug: (error) => assert.fail(String(error)),
    ...over,
  });

test("submit() puts what arrives together into one transaction, and answers after it", async () => {
  const store = openSqliteStore(":memory:");
  await enroll(store, "a");
  await enroll(store, "b");
  const sizes: number[] = [];
  const batch = batchOf({
    async commitHeartbeats(claims) {
      sizes.push(claims.length);
      return store.commitHeartbeats(claims);
    },
  });
  const outcomes = await Promise.all([
    batch.submit(beat("a", [reported("d1")])),
    batch.submit(beat("nobody", [])),
    batch.submit(beat("b", [reported("d2")])),
  ]);
  assert.deepEqual(sizes, [3]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === "refused" ? outcome.code : outcome.hostUuid)),
    ["a", "host-unknown", "b"],
  );
  await store.close();
});

test("submit() puts what comes during a commit into the next one, however it came", async () => {
  const commits: { size: number; finish: () => void }[] = [];
  const batch = batchOf({
    commitHeartbeats: (claims) =>
      new Promise((resolve) => {
        const outcome = { kind: "refused", code: "host-unknown" } as const;
        const finish = () => resolve(claims.map(() => outcome));
        commits.push({ size: claims.length, finish });
      }),
  });
  const turn = async () => {
    for (let n = 0; n < 2; n += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  const answered: string[] = [];
  const send = (name: string) => void batch.submit(beat(name, [])).then(() => answered.push(name));
  send("a");
  await turn();
  for (const name of ["b", "c", "d"]) {
    send(name);
    await turn();
  }
  assert.deepEqual(
    commits.map(({ size }) => size),
    [1],
  );
  commits[0]?.finish();
  await turn();
  assert.deepEqual(
    commits.map(({ size }) => size),
    [1, 3],
  );
  assert.deepEqual(answered, ["a"]);
  commits[1]?.finish();
  await turn();
  assert.deepEqual(answered, ["a", "b", "c", "d"]);
  send("e");
  await turn();
  assert.equal(commits.length, 3, "and once nothing is under way, it begins anew");
});

/** A batch in an event loop of which each turn takes as long as is said; no commit ends. */
function turnByTurn() {
  let nowMs = 0;
  let turns: (() => void)[] = [];
  const sizes: number[] = [];
  const commitHeartbeats = (claims: readonly unknown[]) => {
    sizes.push(claims.length);
    return new Promise<never>(() => {});
  };
  const batch = batchOf(
    { commitHeartbeats },
    { nowMs: () => nowMs, defer: (next) => turns.push(next) },
  );
  return {
    sizes,
    send: (count: number) => {
      for (let n = 0; n < count; n += 1) void batch.submit(beat("a", []));
    },
    turn: (tookMs: number) => {
      nowMs += tookMs;
      const due = turns;
      turns = [];
      for (const next of due) next();
    },
  };
}

test("submit() waits for more while the event loop is busy, and no longer than 8 ms", () => {
  const { sizes, send, turn } = turnByTurn();
  send(1);
  turn(2);
  send(1);
  turn(3);
  turn(2);
  assert.deepEqual(sizes, []);
  turn(2);
  assert.deepEqual(sizes, [2]);
});

test("submit() waits for nobody while the event loop is idle", () => {
  const { sizes, send, turn } = turnByTurn();
  send(1);
  turn(0);
  assert.deepEqual(sizes, [1]);
});

test("submit() waits for no more than eight, however busy the event loop is", () => {
  const { sizes, send, turn } = turnByTurn();
  send(8);
  turn(2);
  assert.deepEqual(sizes, [8]);
});

test("submit() lets one that breaks the store fail alone", async () => {
  const store = openSqliteStore(":memory:");
  await enroll(store, "a");
  await enroll(store, "b");
  const bugs: unknown[] = [];
  const batch = batchOf(store, { onBug: (error) => bugs.push(error) });
  const broken = beat("b", [], {
    read: () => {
      throw new TypeError("a bug");
    },
  });
  const outcomes = await Promise.all([
    batch.submit(beat("a", [reported("d1")])),
    batch.submit(broken),
    batch.submit(beat("b", [reported("d2")])),
  ]);
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === "refused" ? outcome.code : outcome.kind)),
    ["accepted", "internal", "accepted"],
  );
  assert.equal(bugs.length, 1);
  assert.equal((await store.listShards()).length, 2);
  await store.close();
});

test("P8: submit() refuses all that a failing store could not write", async () => {
  const failing = {
    async commitHeartbeats(): Promise<never> {
      throw new StoreUnavailable("disk is full");
    },
  };
  const batch = batchOf(failing);
  const outcomes = await Promise.all([batch.submit(beat("a", [])), batch.submit(beat("b", []))]);
  for (const outcome of outcomes) {
    assert.deepEqual(outcome, { kind: "refused", code: "store-unavailable" });
  }
});

test("submit() says so when more wait than the disk can take", async () => {
  const defers: (() => void)[] = [];
  const store = openSqliteStore(":memory:");
  const batch = batchOf(store, { defer: (next) => defers.push(next) });
  const waiting = Array.from({ length: 8192 }, () => batch.submit(beat("nobody", [])));
  assert.deepEqual(await batch.submit(beat("a", [])), { kind: "refused", code: "overloaded" });
  for (const flush of defers) flush();
  assert.ok((await Promise.all(waiting)).every(({ kind }) => kind === "refused"));
  await store.close();
});
