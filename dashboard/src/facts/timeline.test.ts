import assert from "node:assert/strict";
import { test } from "node:test";
import { AT_END, afterStep, type Playback, type PlaybackStep } from "./playback.ts";
import { framesAt, PAUSE_S, timelineOf } from "./timeline.ts";

const castOf = (head: object, ...lines: readonly unknown[]) =>
  `${[head, ...lines].map((line) => JSON.stringify(line)).join("\n")}\n`;
const HEAD = { version: 3, term: { cols: 100, rows: 40 }, timestamp: 1_700_000_000 };

test("timelineOf() adds up the intervals, and shortens pauses without losing the real time", () => {
  const cast = castOf(HEAD, [0.5, "o", "a"], [60, "i", "x"], [0.25, "o", "b"], [1, "x", "0"]);
  assert.deepEqual(timelineOf(cast), {
    size: { columns: 100, rows: 40 },
    startMs: 1_700_000_000_000,
    frames: [
      { atS: 0.5, realS: 0.5, kind: "output", text: "a" },
      { atS: PAUSE_S + 0.75, realS: 60.75, kind: "output", text: "b" },
    ],
    gaps: [],
    durationS: PAUSE_S + 1.75,
  });
});

test("timelineOf() keeps markers, and the sizes that an attacker names within bounds", () => {
  const huge = { ...HEAD, term: { cols: 99_999, rows: 1e9 } };
  const cast = castOf(
    huge,
    [1, "r", "65535x65535"],
    [1, "r", "-1x0"],
    [0, "m", "9 bytes left out"],
  );
  const { size, frames, gaps } = timelineOf(cast);
  assert.deepEqual(size, { columns: 300, rows: 120 });
  assert.deepEqual(frames, [{ atS: 1, realS: 1, kind: "resize", columns: 300, rows: 120 }]);
  assert.deepEqual(gaps, [{ atS: 2, text: "9 bytes left out" }]);
});

test("timelineOf() passes over what is no line of a recording", () => {
  const cast = `nonsense\n${castOf({ term: null, timestamp: 1e300 }, [-1, "o", "a"], ["1", "o", "b"])}[1,"o"]\n[`;
  assert.deepEqual(timelineOf(cast), {
    size: { columns: 80, rows: 24 },
    startMs: null,
    frames: [],
    gaps: [],
    durationS: 0,
  });
});

test("framesAt() counts those that are due", () => {
  const timeline = timelineOf(castOf(HEAD, [1, "o", "a"], [0, "o", "b"], [1, "o", "c"]));
  assert.deepEqual(
    [0, 0.99, 1, 1.5, 2, 9].map((atS) => framesAt(timeline, atS)),
    [0, 0, 2, 2, 3, 3],
  );
});

function play(...steps: readonly PlaybackStep[]): Playback {
  return steps.reduce((playback, step) => afterStep(playback, step, 10), AT_END);
}

test("afterStep() plays from the start where it stood at the end, and stops there again", () => {
  assert.deepEqual(play({ kind: "toggle" }), { atS: 0, playing: true, speed: 1 });
  assert.deepEqual(play({ kind: "toggle" }, { kind: "pass", seconds: 4 }).atS, 4);
  assert.deepEqual(play({ kind: "toggle" }, { kind: "pass", seconds: 11 }), AT_END);
});

test("afterStep() goes at the speed that was chosen, and seeks within the recording", () => {
  const steps = [{ kind: "toggle" }, { kind: "speed", speed: 4 }] as const;
  assert.equal(play(...steps, { kind: "pass", seconds: 2 }).atS, 8);
  assert.equal(play({ kind: "seek", toS: 3 }, { kind: "skip", byS: -5 }).atS, 0);
  assert.equal(play({ kind: "skip", byS: -5 }).atS, 5);
  assert.equal(play({ kind: "seek", toS: 3 }, { kind: "skip", byS: 50 }).atS, null);
});

test("afterStep() passes no time while it stands, and plays nothing where nothing is", () => {
  assert.deepEqual(play({ kind: "pass", seconds: 5 }), AT_END);
  assert.equal(afterStep(AT_END, { kind: "toggle" }, 0).playing, false);
});
