import assert from "node:assert/strict";
import { test } from "node:test";
import { Recording, type RecordingPart } from "./recording.ts";

type Line = readonly [seconds: number, code: string, text: string];

function record(act: (recording: Recording, pass: (ms: number) => void) => void) {
  let nowMs = Date.UTC(2026, 4, 20);
  const parts: RecordingPart[] = [];
  const size = { columns: 100, rows: 40 };
  const recording = new Recording(
    () => nowMs,
    size,
    "xterm-256color",
    (part) => parts.push(part),
  );
  act(recording, (ms) => {
    nowMs += ms;
  });
  recording.end(0);
  const [head = "", ...rows] = parts
    .map(({ cast }) => cast)
    .join("")
    .trimEnd()
    .split("\n");
  return {
    parts,
    head: JSON.parse(head) as Record<string, unknown>,
    lines: rows.map((row) => JSON.parse(row) as Line),
  };
}

test("Recording writes asciicast v3: a header, then intervals, codes and text", () => {
  const { head, lines, parts } = record((recording, pass) => {
    recording.output("login: ");
    pass(1500);
    recording.input("ro");
    pass(5);
    recording.input("ot\r");
    pass(250);
    recording.output("caf\xc3");
    recording.output("\xa9\r\n");
    pass(1000);
    recording.resize({ columns: 120, rows: 50 });
  });
  assert.deepEqual(head, {
    version: 3,
    term: { cols: 100, rows: 40, type: "xterm-256color" },
    timestamp: Date.UTC(2026, 4, 20) / 1000,
  });
  assert.deepEqual(lines, [
    [0, "o", "login: "],
    [1.5, "i", "root\r"],
    [0.255, "o", "café\r\n"],
    [1, "r", "120x50"],
    [0, "x", "0"],
  ]);
  assert.deepEqual([parts.length, parts[0]?.last], [1, true]);
});

test("Recording is not blinded by a flood: what is typed after it is there, and shown again", () => {
  const { lines, parts } = record((recording, pass) => {
    for (let command = 0; command < 200; command++) {
      pass(100);
      recording.input(`yes ${command}\r`);
      for (let line = 0; line < 200; line++) recording.output("y\r\n".repeat(1000));
    }
    pass(600_000);
    recording.input("wget http://192.0.2.1/x\r");
    pass(10_000);
    recording.output("the end\r\n");
  });
  const typed = lines.filter(([, code]) => code === "i").map(([, , text]) => text);
  assert.equal(typed.length, 201);
  assert.ok(lines.some(([, code, text]) => code === "o" && text === "the end\r\n"));
  assert.ok(lines.some(([, code, text]) => code === "m" && /^\d+ bytes left out$/.test(text)));
  const bytes = parts.reduce((sum, { cast }) => sum + cast.length, 0);
  assert.ok(bytes < 1_200_000, `${bytes} bytes`);
  assert.ok(parts.every(({ cast }) => Buffer.byteLength(cast) <= 16 * 1024));
  assert.ok((parts.at(-1)?.leftOutBytes ?? 0) > 100_000_000);
});

test("Recording keeps each part within the longest string of an event, whatever the bytes", () => {
  const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
  const { parts } = record((recording, pass) => {
    for (let index = 0; index < 100; index++) {
      recording.input("\x1b".repeat(1000));
      pass(50);
      recording.output(bytes.repeat(10));
      pass(50);
    }
  });
  assert.ok(parts.length > 10);
  assert.ok(parts.every(({ cast }) => Buffer.byteLength(cast) <= 16 * 1024));
  assert.deepEqual(
    parts.map(({ part }) => part),
    parts.map((_, index) => index + 1),
  );
});
