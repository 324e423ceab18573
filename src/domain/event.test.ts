import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EVENT_KINDS, isEventKind } from "./event.ts";

const page = readFileSync(`${import.meta.dirname}/../../docs/events.md`, "utf8");

test("docs/events.md has a heading for every kind of event, and for no other", () => {
  const headings = [...page.matchAll(/^### `(.+)`$/gm)].map(([, kind]) => kind);
  assert.deepEqual(headings, [...EVENT_KINDS]);
});

test("isEventKind() knows the kinds and nothing else", () => {
  assert.ok(EVENT_KINDS.every((kind) => isEventKind(kind)));
  assert.equal(isEventKind("http.request "), false);
  assert.equal(isEventKind("toString"), false);
});
