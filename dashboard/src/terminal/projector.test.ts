import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { type TestContext, test } from "node:test";
import { type Timeline, timelineOf } from "../facts/timeline.ts";
import { color } from "./color.ts";
import type { Picture } from "./picture.ts";
import { createProjector } from "./projector.ts";

type Headless = typeof import("@xterm/headless");
const { Terminal } = createRequire(import.meta.url)("@xterm/headless") as Headless;

const HEAD = { version: 3, term: { cols: 20, rows: 4 } };

function timeline(...lines: readonly (readonly [string, string])[]): Timeline {
  const rows = lines.map(([code, text]) => JSON.stringify([1, code, text]));
  return timelineOf([JSON.stringify(HEAD), ...rows].join("\n"));
}

/** A projector of which each picture can be waited for. */
function openProjector(t: TestContext) {
  let told = (_picture: Picture) => {};
  const projector = createProjector(Terminal, (picture) => told(picture));
  t.after(() => projector.close());
  return (timeline: Timeline, count = timeline.frames.length) =>
    new Promise<Picture>((resolve) => {
      told = resolve;
      projector.show(timeline, count);
    });
}

const linesOf = ({ rows }: Picture) =>
  rows.map((runs) =>
    runs
      .map(({ text }) => text)
      .join("")
      .trimEnd(),
  );

test("createProjector() shows each moment, also one that lies back", async (t) => {
  const show = openProjector(t);
  const cast = timeline(["o", "one\r\n"], ["o", "\u001b[31mtwo"], ["o", "\u001b[2J\u001b[H3"]);
  assert.deepEqual(linesOf(await show(cast, 2)), ["one", "two", "", ""]);
  assert.deepEqual(linesOf(await show(cast, 3)), ["3", "", "", ""]);
  const back = await show(cast, 2);
  assert.deepEqual(linesOf(back), ["one", "two", "", ""]);
  assert.equal(back.rows[1]?.[0]?.ink, "var(--ansi-1)");
  assert.deepEqual(linesOf(await show(cast, 0)), ["", "", "", ""]);
});

test("createProjector() follows the terminal's size", async (t) => {
  const show = openProjector(t);
  const picture = await show(timeline(["o", "a"], ["r", "40x2"], ["o", "b"]));
  assert.deepEqual([picture.columns, ...linesOf(picture)], [40, "ab", ""]);
});

test("createProjector() marks the cursor, unless it is hidden", async (t) => {
  const show = openProjector(t);
  const cursor = ({ rows }: Picture) =>
    rows.flat().findIndex(({ ground }) => ground === "var(--screen-ink)");
  assert.equal(cursor(await show(timeline(["o", "ab"]))), 1);
  assert.equal(cursor(await show(timeline(["o", "ab\u001b[?25l"]))), -1);
});

test("createProjector() is not held up by counts without measure, nor by heaps of marks", async (t) => {
  const show = openProjector(t);
  const loops = ["b", "S", "T", "L", "M", "I", "Z", " @", " A", "'}", "'~"];
  const bomb = loops.map((final) => `x\u001b[2147483647${final}`).join("");
  const heap = `e${"\u0301".repeat(100_000)}\u001b[300b`;
  const cast = timeline(["o", bomb], ["o", heap], ["o", "\u001bcstill here"]);
  const startedMs = performance.now();
  assert.equal(linesOf(await show(cast))[0], "still here");
  assert.ok(performance.now() - startedMs < 5000);
});

test("createProjector() gives text without marks that would turn it or hide in it", async (t) => {
  const show = openProjector(t);
  const { rows } = await show(
    timeline(["o", "a\u202eb\u200fc \u001b]0;title\u0007\u001b]52;c;QUJD\u0007é世"]),
  );
  const text = (rows[0] ?? []).map((run) => run.text).join("");
  assert.equal(text.trimEnd(), "abc é世");
  assert.deepEqual(rows[0]?.find((run) => run.text === "世")?.cells, 2);
});

test("color() knows the 256 colors of xterm, and all others", () => {
  assert.equal(color(true, false, 0), null);
  assert.equal(color(false, false, 9), "var(--ansi-9)");
  assert.equal(color(false, false, 16), "rgb(0 0 0)");
  assert.equal(color(false, false, 202), "rgb(255 95 0)");
  assert.equal(color(false, false, 255), "rgb(238 238 238)");
  assert.equal(color(false, true, 0x123456), "rgb(18 52 86)");
});
