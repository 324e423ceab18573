import assert from "node:assert/strict";
import { test } from "node:test";
import { readMessages } from "./stream-messages.ts";

async function messagesOf(...chunks: Uint8Array[]) {
  async function* bytes() {
    yield* chunks;
  }
  const messages: unknown[] = [];
  for await (const message of readMessages(bytes())) messages.push(message);
  return messages;
}

test("readMessages() reads messages however they are cut, and passes over comments", async () => {
  const text =
    ':hi\r\nretry: 5\n\nevent: change\nid: 4\ndata: {"a":\ndata: "ü"}\n\ndata:x\n\nevent: cut\n';
  const expected = [
    { event: "change", data: '{"a":\n"ü"}' },
    { event: "message", data: "x" },
  ];
  assert.deepEqual(await messagesOf(Buffer.from(text)), expected);
  const single = [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
  assert.deepEqual(await messagesOf(...single), expected);
});
