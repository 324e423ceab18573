import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createEventIds } from "./event-id.ts";

const V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("event ids are UUIDs of version 7 and carry the time", () => {
  const id = createEventIds({ nowMs: () => 0x0123456789ab, randomBytes })();
  assert.match(id, V7);
  assert.equal(id.slice(0, 13), "01234567-89ab");
});

test("event ids grow within a millisecond, past its counter, and when the clock steps back", () => {
  let nowMs = 1_700_000_000_000;
  const next = createEventIds({ nowMs: () => nowMs, randomBytes });
  const ids = Array.from({ length: 10_000 }, next);
  nowMs -= 60_000;
  ids.push(...Array.from({ length: 10 }, next));
  nowMs += 120_000;
  ids.push(next());
  assert.deepEqual(ids, [...new Set(ids)].toSorted());
  for (const id of ids) assert.match(id, V7);
});

test("event ids differ in all their random bits between two processes in one millisecond", () => {
  const make = () => createEventIds({ nowMs: () => 1, randomBytes })();
  assert.notEqual(make().slice(19), make().slice(19));
});
