import assert from "node:assert/strict";
import { test } from "node:test";
import { boundedData } from "./bounded-data.ts";

const MAX = 128 * 1024;

test("boundedData() leaves what is short as it is", () => {
  const data = { command: "GET", args: ["a", 1, null], nested: { text: "é" } };
  assert.deepEqual(boundedData(data, MAX), data);
});

test("boundedData() cuts long strings at 16 KiB, wherever they are, and says so", () => {
  const cut = boundedData({ args: ["x".repeat(20_000)], ok: "y" }, MAX);
  assert.deepEqual(cut, { args: ["x".repeat(16_384)], ok: "y", truncated: true });
});

test("boundedData() cuts no character in two", () => {
  const cut = boundedData({ text: `x${"€".repeat(10_000)}` }, MAX);
  assert.deepEqual(cut, { text: `x${"€".repeat(5461)}`, truncated: true });
});

test("boundedData() keeps the whole below its limit when many strings are long", () => {
  const many = { args: Array.from({ length: 100 }, () => "\0".repeat(10_000)) };
  const cut = boundedData(many, MAX * 8);
  assert.equal((cut["args"] as string[])[0]?.length, 1024);
  assert.deepEqual(boundedData(many, MAX), { truncated: true });
});
