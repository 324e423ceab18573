import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { Interrupted } from "./ending.ts";
import { ask } from "./prompt.ts";
import { recordingShell } from "./recording-shell.ts";

/** A terminal at which somebody types `keys`, and what is shown of it. */
function typing(keys: string) {
  const input = new PassThrough();
  const drawn: string[] = [];
  const shell = recordingShell("/none");
  const terminal = { ...shell.terminal, draw: (text: string) => void drawn.push(text) };
  const stdin = input as unknown as NodeJS.ReadStream;
  input.write(keys);
  return { shell: { ...shell, terminal, stdin }, drawn, notes: shell.err };
}

test("ask() gives the answer, and shows a hidden one nowhere", async () => {
  const { shell, drawn, notes } = typing(" secret \r");
  assert.equal(await ask(shell, "Token: ", true), "secret");
  assert.deepEqual([drawn, notes], [["Token: "], [""]]);
});

test("ask() ends the line of its question when Ctrl-C or Ctrl-D comes instead of an answer", async () => {
  for (const key of ["\u0003", "\u0004"]) {
    const { shell, notes } = typing(key);
    await assert.rejects(ask(shell, "Token: ", true), Interrupted);
    assert.deepEqual(notes, [""]);
  }
});
