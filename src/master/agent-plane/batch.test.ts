import assert from "node:assert/strict";
import { test } from "node:test";
import { beat, enroll, reported } from "../../store/conformance/fixture.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { createBatch } from "./batch.ts";

const noBugs = (error: unknown) => assert.fail(String(error));

test("submit() puts what arrives together into one transaction, and answers after it", async () => {
  const store = openSqliteStore(":memory:");
  await enroll(store, "a");
  await enroll(store, "b");
  const sizes: number[] = [];
  const batch = createBatch(
    {
      async commitHeartbeats(claims) {
        sizes.push(claims.length);
        return store.commitHeartbeats(claims);
      },
    },
    setImmediate,
    noBugs,
  );
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
  const batch = createBatch(
    {
      commitHeartbeats: (claims) =>
        new Promise((resolve) => {
          const outcome = { kind: "refused", code: "host-unknown" } as const;
          const finish = () => resolve(claims.map(() => outcome));
          commits.push({ size: claims.length, finish });
        }),
    },
    setImmediate,
    noBugs,
  );
  const turn = () => new Promise((resolve) => setImmediate(resolve));
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

test("submit() lets one that breaks the store fail alone", async () => {
  const store = openSqliteStore(":memory:");
  await enroll(store, "a");
  await enroll(store, "b");
  const bugs: unknown[] = [];
  const batch = createBatch(store, setImmediate, (error) => bugs.push(error));
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
  const batch = createBatch(failing, setImmediate, noBugs);
  const outcomes = await Promise.all([batch.submit(beat("a", [])), batch.submit(beat("b", []))]);
  for (const outcome of outcomes) {
    assert.deepEqual(outcome, { kind: "refused", code: "store-unavailable" });
  }
});

test("submit() says so when more wait than the disk can take", async () => {
  const defers: (() => void)[] = [];
  const store = openSqliteStore(":memory:");
  const batch = createBatch(store, (flush) => defers.push(flush), noBugs);
  const waiting = Array.from({ length: 8192 }, () => batch.submit(beat("nobody", [])));
  assert.deepEqual(await batch.submit(beat("a", [])), { kind: "refused", code: "overloaded" });
  for (const flush of defers) flush();
  assert.ok((await Promise.all(waiting)).every(({ kind }) => kind === "refused"));
  await store.close();
});
