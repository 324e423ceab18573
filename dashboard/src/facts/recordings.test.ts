import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { recordingsOf } from "./recordings.ts";

const HEADER = '{"version":3,"term":{"cols":100,"rows":40}}\n';
const line = (text: string) => `${JSON.stringify([0.1, "o", text])}\n`;

function piece(shell: unknown, part: unknown, cast: unknown, more: object = {}): ApiEvent {
  const data = { shell, part, cast, last: false, left_out_bytes: 0, ...more };
  return { kind: "shell.recording", data } as unknown as ApiEvent;
}

test("recordingsOf() puts the pieces in the order of part, however they came, and once each", () => {
  const first = piece(1, 1, HEADER + line("a"));
  const second = piece(1, 2, line("b"));
  const third = piece(1, 3, line("c"), { last: true, left_out_bytes: 7 });
  assert.deepEqual(recordingsOf([third, first, second, first]), [
    {
      shell: 1,
      cast: HEADER + line("a") + line("b") + line("c"),
      parts: 3,
      missing: 0,
      ended: true,
      leftOutBytes: 7,
      isCut: false,
    },
  ]);
});

test("recordingsOf() keeps two shells of one connection apart, in their order", () => {
  const recordings = recordingsOf([
    piece(2, 1, HEADER + line("second"), { last: true }),
    piece(1, 1, HEADER + line("first")),
  ]);
  assert.deepEqual(
    recordings.map(({ shell, cast, ended }) => [shell, cast, ended]),
    [
      [1, HEADER + line("first"), false],
      [2, HEADER + line("second"), true],
    ],
  );
});

test("recordingsOf() marks gaps, and begins with a header though the first piece is lost", () => {
  const [recording] = recordingsOf([piece(1, 6, line("f")), piece(1, 2, line("b"))]);
  assert.equal(
    recording?.cast,
    '{"version":3,"term":{"cols":80,"rows":24}}\n' +
      '[0,"m","part 1 is missing"]\n' +
      line("b") +
      '[0,"m","parts 3 to 5 are missing"]\n' +
      line("f"),
  );
  assert.equal(recording.missing, 4);
  assert.equal(recording.ended, false);
});

test("recordingsOf() has no end where the last piece is not there", () => {
  const [recording] = recordingsOf([piece(1, 1, HEADER)]);
  assert.equal(recording?.ended, false);
});

test("recordingsOf() ends well with a last piece that is empty", () => {
  const [recording] = recordingsOf([piece(1, 1, HEADER), piece(1, 2, "", { last: true })]);
  assert.deepEqual([recording?.cast, recording?.ended], [HEADER, true]);
});

test("recordingsOf() passes over what is no piece of a recording", () => {
  const odd = [piece(0, 1, ""), piece(1, 1.5, ""), piece("1", 1, ""), piece(1, 1, 7)];
  const other = { kind: "ssh.command", data: { input: "ls" } } as unknown as ApiEvent;
  assert.deepEqual(recordingsOf([...odd, other]), []);
});

test("recordingsOf() holds no more than a page can bear, and says so", () => {
  const long = line("x".repeat(3 * 1024 * 1024));
  const pieces = [1, 2, 3].map((part) => piece(1, part, part === 1 ? HEADER + long : long));
  const [recording] = recordingsOf(pieces);
  assert.equal(recording?.isCut, true);
  assert.equal(recording.cast, HEADER + long + long);
});
