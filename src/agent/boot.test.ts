import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openBoot } from "./boot.ts";

function bootPath(t: { after(run: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-boot-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, "boot");
}

test("openBoot() counts every start, on disk before it resolves", async (t) => {
  const path = bootPath(t);
  assert.equal((await openBoot(path)).number, 1);
  assert.equal(readFileSync(path, "utf8"), "1\n");
  assert.equal((await openBoot(path)).number, 2);
  assert.equal((await openBoot(path)).number, 3);
});

test("raise() goes above what the master knows, and never back", async (t) => {
  const path = bootPath(t);
  const boot = await openBoot(path);
  await boot.raise(41);
  await boot.raise(7);
  assert.equal(boot.number, 41);
  assert.equal((await openBoot(path)).number, 42);
});

test("openBoot() begins at 1 when its file is garbage", async (t) => {
  const path = bootPath(t);
  writeFileSync(path, "\0\0\0");
  assert.equal((await openBoot(path)).number, 1);
});
