import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { openLineage } from "./lineage.ts";

const [ONE, TWO] = ["a".repeat(22), "b".repeat(22)];

function lineagePath(t: { after(run: () => void): void }): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-lineage-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return join(dir, "lineage");
}

test("keep() has the nonce on disk before it resolves, and the next start reads it", async (t) => {
  const path = lineagePath(t);
  const first = await openLineage(path, { number: 1 }, silentLog);
  assert.equal(first.nonce, null);
  await first.keep(ONE);
  assert.equal(first.nonce, ONE);
  assert.equal(readFileSync(path, "utf8"), `1 ${ONE}\n`);
  assert.equal((await openLineage(path, { number: 2 }, silentLog)).nonce, ONE);
  const third = await openLineage(path, { number: 3 }, silentLog);
  assert.equal(third.nonce, ONE, "a start that never beat passes it on");
});

test("keep() goes with a boot that was raised", async (t) => {
  const path = lineagePath(t);
  const boot = { number: 1 };
  const lineage = await openLineage(path, boot, silentLog);
  boot.number = 41;
  await lineage.keep(TWO);
  assert.equal((await openLineage(path, { number: 42 }, silentLog)).nonce, TWO);
});

test("openLineage() forgets what another start than the last one kept", async (t) => {
  const path = lineagePath(t);
  await (await openLineage(path, { number: 1 }, silentLog)).keep(ONE);
  assert.equal((await openLineage(path, { number: 3 }, silentLog)).nonce, null);
});

test("openLineage() begins without a nonce when its file is garbage", async (t) => {
  const path = lineagePath(t);
  for (const garbage of ["", "\0\0", "1", `1 ${ONE.slice(1)}`, `x ${ONE}`, `${ONE} 1`]) {
    writeFileSync(path, garbage);
    assert.equal((await openLineage(path, { number: 2 }, silentLog)).nonce, null);
  }
});

test("keep() stays at what is on disk if the disk refuses, and says so once", async (t) => {
  const path = lineagePath(t);
  const lines: string[] = [];
  const log = { ...silentLog, warn: (line: string) => lines.push(line) };
  const lineage = await openLineage(path, { number: 1 }, log);
  await lineage.keep(ONE);
  const missing = await openLineage(join(path, "under-a-file"), { number: 1 }, log).catch(
    (error: unknown) => error,
  );
  assert.ok(missing instanceof Error, "a path that cannot be is said at the start");
  rmSync(path);
  // A directory in its place: even root cannot write a file there.
  mkdirSync(join(path, "in-the-way"), { recursive: true });
  await lineage.keep(TWO);
  await lineage.keep(TWO);
  assert.equal(lineage.nonce, ONE);
  assert.equal(lines.length, 1);
});
