import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { isNonce } from "../../wire/headers.ts";
import { createNonces } from "./nonces.ts";

test("createNonces() gives each nonce once, also from one draw to the next", () => {
  let drawnBytes = 0;
  const next = createNonces((bytes) => {
    drawnBytes += bytes;
    return randomBytes(bytes);
  });
  const given = Array.from({ length: 1000 }, next);
  assert.equal(new Set(given).size, 1000);
  assert.ok(given.every(isNonce));
  assert.ok(drawnBytes >= 16_000, "16 bytes of chance for each");
});
