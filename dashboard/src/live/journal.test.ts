import assert from "node:assert/strict";
import { test } from "node:test";
import { createJournal } from "./journal.ts";
import type { Change } from "./keyed.ts";

const change = (seq: number) =>
  ({ seq, atMs: seq, topic: "shard-removed", key: "k", body: { hostUuid: "h" } }) as Change;
const seqsAfter = (journal: ReturnType<typeof createJournal>, seq: number) =>
  journal.after(seq).map((held) => held.seq);

test("Journal.after() gives what a list that was read at that seq does not show", () => {
  const journal = createJournal();
  journal.restart(3);
  for (const seq of [4, 5, 6]) journal.add(change(seq));
  assert.deepEqual(seqsAfter(journal, 4), [5, 6]);
  assert.deepEqual(seqsAfter(journal, 6), []);
});

test("Journal.after() gives nothing before the stream was opened", () => {
  assert.deepEqual(seqsAfter(createJournal(), 12), []);
});

test("Journal.after() refuses a list that is older than what is held", () => {
  const journal = createJournal(2);
  journal.restart(0);
  for (const seq of [1, 2, 3, 4]) journal.add(change(seq));
  assert.deepEqual(seqsAfter(journal, 2), [3, 4]);
  assert.throws(() => journal.after(1), /reading it again/);
});

test("Journal.restart() forgets what came before", () => {
  const journal = createJournal();
  journal.restart(0);
  journal.add(change(1));
  journal.restart(9);
  assert.deepEqual(seqsAfter(journal, 9), []);
  assert.throws(() => journal.after(1), /reading it again/);
});

test("Journal.restart() with null takes a list of any age: nothing was missed yet", () => {
  const journal = createJournal();
  journal.restart(9);
  journal.add(change(10));
  journal.restart(null);
  assert.deepEqual(seqsAfter(journal, 2), []);
});
