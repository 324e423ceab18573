import assert from "node:assert/strict";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeFileDurably } from "./durable-file.ts";

async function temporaryDirectory(t: { after(done: () => Promise<void>): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "decnet-durable-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

test("writeFileDurably() creates a file with exactly the mode asked for", async (t) => {
  const path = join(await temporaryDirectory(t), "key.pem");
  await writeFileDurably(path, "secret", 0o600);
  assert.equal(await readFile(path, "utf8"), "secret");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test("writeFileDurably() replaces content and mode, and leaves nothing else behind", async (t) => {
  const dir = await temporaryDirectory(t);
  const path = join(dir, "state.json");
  await writeFile(path, "a much longer text than the next one");
  await chmod(path, 0o644);
  await writeFileDurably(path, "new", 0o600);
  assert.equal(await readFile(path, "utf8"), "new");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(dir), ["state.json"]);
});

test("writeFileDurably() leaves nothing behind when the rename fails", async (t) => {
  const dir = await temporaryDirectory(t);
  await mkdir(join(dir, "state.json", "inside"), { recursive: true });
  await assert.rejects(writeFileDurably(join(dir, "state.json"), "new", 0o600));
  assert.deepEqual(await readdir(dir), ["state.json"]);
});

test("writeFileDurably() leaves one writer's bytes whole when many write at once", async (t) => {
  const dir = await temporaryDirectory(t);
  const path = join(dir, "state.json");
  const texts = Array.from({ length: 8 }, (_, index) => String(index).repeat(10_000));
  await Promise.all(texts.map((text) => writeFileDurably(path, text, 0o600)));
  assert.ok(texts.includes(await readFile(path, "utf8")));
  assert.deepEqual(await readdir(dir), ["state.json"]);
});
