import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeLineage, type Lineage, MOST_ABANDONED, nextLineage } from "./lineage.ts";

/** After beat 7 of boot 3, which echoed `n6` and was answered with `n7`; `other` was passed over. */
const STORED = {
  boot: 3,
  sequence: 7,
  current: "n7",
  acknowledged: "n6",
  abandoned: ["other"],
} as const;

const judge = (
  boot: number | null,
  sequence: number | null,
  echo: string | null,
  over: { readonly stored?: Partial<typeof STORED | Lineage>; readonly sameBody?: boolean } = {},
) =>
  judgeLineage(
    { ...STORED, ...over.stored },
    { boot, sequence, echo, sameBody: over.sameBody ?? true },
  ).kind;

test("judgeLineage() takes the next beat of who got the last answer", () => {
  assert.equal(judge(3, 8, "n7"), "ordinary");
  assert.equal(judge(4, 1, "n7"), "ordinary", "after a restart, too");
});

test("judgeLineage() takes a beat whose agent never got the last answer", () => {
  assert.equal(judge(3, 8, "n6"), "answer-lost");
  assert.equal(judge(4, 1, "n6"), "answer-lost", "after a crash before it was kept");
});

test("judgeLineage() takes a new boot that remembers nothing, without a word", () => {
  assert.equal(judge(4, 1, null), "restarted");
});

test("judgeLineage() takes any first beat of a lineage", () => {
  const stored = { current: null, acknowledged: null, abandoned: [] };
  assert.equal(judge(3, 8, null, { stored }), "begun");
  assert.equal(judge(4, 1, "of before the release", { stored }), "begun");
});

test("judgeLineage() lets an agent be that knows no nonces", () => {
  const stored = { acknowledged: null };
  assert.equal(judge(3, 8, null, { stored }), "ordinary");
  assert.equal(judge(null, null, null, { stored }), "ordinary");
});

test("judgeLineage() calls an older state of the machine restored, not cloned", () => {
  assert.equal(judge(4, 1, "n2"), "restored");
  assert.equal(judge(3, 8, "n2"), "restored", "or the master's database was");
});

test("judgeLineage() marks an echo that is dropped within a boot, or with the boot", () => {
  assert.equal(judge(3, 8, null), "echo-dropped");
  assert.equal(judge(null, null, null), "echo-dropped");
});

test("judgeLineage() knows a clone by a nonce that was passed over, whatever its boot", () => {
  assert.equal(judge(3, 8, "other"), "cloned");
  assert.equal(judge(9, 1, "other"), "cloned");
});

test("judgeLineage() proves nothing by what is late, whatever it echoes", () => {
  for (const echo of ["n7", "n6", "n2", "other", null]) {
    assert.equal(judge(3, 6, echo), "stale");
    assert.equal(judge(2, 99, echo), "stale");
    assert.equal(judge(3, 7, echo, { sameBody: false }), "stale");
  }
});

test("judgeLineage() knows the same beat once more, and only if it echoes the same", () => {
  assert.equal(judge(3, 7, "n6"), "repeated");
  assert.equal(judge(3, 7, "n5"), "stale");
  assert.equal(judge(3, 7, null), "stale");
});

test("nextLineage() passes over what an accepted beat had not got, and nothing else", () => {
  const after = (verdict: Parameters<typeof nextLineage>[1], echo: string | null) =>
    nextLineage(STORED, verdict, echo, "fresh");
  const fresh = { current: "fresh" };
  assert.deepEqual(after("ordinary", "n7"), {
    ...fresh,
    acknowledged: "n7",
    abandoned: ["other"],
  });
  for (const [verdict, echo] of [
    ["answer-lost", "n6"],
    ["restarted", null],
    ["restored", "n2"],
    ["echo-dropped", null],
  ] as const) {
    assert.deepEqual(after(verdict, echo), {
      ...fresh,
      acknowledged: echo,
      abandoned: ["n7", "other"],
    });
  }
});

test("nextLineage() keeps the newest of what was passed over", () => {
  let lineage: Lineage = { current: "n0", acknowledged: "kept", abandoned: [] };
  for (let lost = 1; lost <= 20; lost += 1) {
    lineage = nextLineage(lineage, "answer-lost", "kept", `n${lost}`);
  }
  assert.equal(lineage.abandoned.length, MOST_ABANDONED);
  assert.equal(lineage.abandoned[0], "n19");
});
