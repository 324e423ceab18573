import assert from "node:assert/strict";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BUILT } from "./browser.ts";

const MOST_FIRST_LOAD_BYTES = 250_000;

test("the first load of the dashboard stays under 250 kB compressed", () => {
  const page = readFileSync(join(BUILT, "index.html"), "utf8");
  const files = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path]) => path ?? "");
  assert.ok(files.length >= 3, "the page names too few files to mean anything");
  const bytes = ["index.html", ...files].map((path) => statSync(join(BUILT, `${path}.gz`)).size);
  const sum = bytes.reduce((a, b) => a + b, 0);
  assert.ok(sum < MOST_FIRST_LOAD_BYTES, `${sum} bytes`);
});

test("the dashboard's page has no inline script or style, which the server's policy forbids", () => {
  const page = readFileSync(join(BUILT, "index.html"), "utf8");
  assert.doesNotMatch(page, /<style|style=|<script(?![^>]*\bsrc=)/);
});
