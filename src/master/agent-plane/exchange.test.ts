import assert from "node:assert/strict";
import { hash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { bodyOf, keepPart } from "./exchange.ts";

test("keepPart() keeps a body that comes byte by byte whole, and in few parts", () => {
  const bytes = randomBytes(5000);
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1) keepPart(parts, bytes.subarray(at, at + 1));
  assert.ok(parts.length <= 1024, `${parts.length} parts`);
  const body = bodyOf(parts);
  assert.deepEqual(body.bytes(), bytes);
  assert.equal(body.byteLength, 5000);
  assert.equal(body.digest(), hash("sha256", bytes, "hex"));
});
