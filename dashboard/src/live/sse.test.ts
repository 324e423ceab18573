import assert from "node:assert/strict";
import { test } from "node:test";
import { createSseReader } from "./sse.ts";

const HELLO = 'event: hello\ndata: {"nowMs":1,"seq":2}\n\n';
const hello = { name: "hello", data: { nowMs: 1, seq: 2 } };

test("createSseReader() gives a message once it is whole, however it was cut", () => {
  for (let cut = 1; cut < HELLO.length; cut += 1) {
    const read = createSseReader();
    const messages = [...read(HELLO.slice(0, cut)), ...read(HELLO.slice(cut))];
    assert.deepEqual(messages, [hello], `cut at ${cut}`);
  }
});

test("createSseReader() takes every kind of line ending, also one cut in two", () => {
  for (const ending of ["\r\n", "\r", "\n"]) {
    const read = createSseReader();
    const text = `${HELLO}: a comment\n\n`.replaceAll("\n", ending);
    const messages = text.split("").flatMap((character) => read(character));
    assert.deepEqual(messages, [hello], JSON.stringify(ending));
  }
});

test("createSseReader() passes over comments, ids and names that it does not know", () => {
  const read = createSseReader();
  assert.deepEqual(read(": keep-alive\n\nid: 7\nevent: later\ndata: {}\n\n"), []);
  assert.deepEqual(read(HELLO), [hello]);
});

test("createSseReader() joins data of several lines", () => {
  const read = createSseReader();
  assert.deepEqual(read('event: reset\ndata: {"seq":\ndata: 4}\n\n'), [
    { name: "reset", data: { seq: 4 } },
  ]);
});
