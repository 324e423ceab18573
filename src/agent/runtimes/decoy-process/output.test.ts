import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { readOutput } from "./output.ts";

async function linesOf(...chunks: string[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readOutput(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await once(stream, "end");
  return lines;
}

test("readOutput() joins what came in pieces and skips empty lines", async () => {
  assert.deepEqual(await linesOf("on", "e\n\ntwo\nthr", "ee"), ["one", "two", "three"]);
});

test("readOutput() replaces control characters", async () => {
  assert.deepEqual(await linesOf("a\u001b[2Jb\n"), ["a\u{FFFD}[2Jb"]);
});

test("readOutput() bounds the length of a line and the number of lines", async () => {
  const [long] = await linesOf("x".repeat(1_500), "x".repeat(1_500));
  assert.equal(long?.length, 2_000);
  const many = await linesOf("line\n".repeat(2_000));
  assert.equal(many.length, 500);
  assert.match(many.at(-1) ?? "", /too much/);
});
