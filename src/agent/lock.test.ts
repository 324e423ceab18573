import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { lockDataDir } from "./lock.ts";

const HOLDER = `
  import { lockDataDir } from ${JSON.stringify(new URL("./lock.ts", import.meta.url).href)};
  lockDataDir(process.argv[1]);
  console.log("held");
  setInterval(() => {}, 1e6);
`;

function scratch(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), "decnet-lock-"));
  t.after(() => rmSync(dir, { recursive: true }));
  return dir;
}

const inUse = (error: unknown) => error instanceof DecnetError && error.code === "data-in-use";

test("lockDataDir() lets one in at a time, and the next one in when it is let go", (t) => {
  const dir = scratch(t);
  const unlock = lockDataDir(dir);
  assert.throws(() => lockDataDir(dir), inUse);
  unlock();
  lockDataDir(dir)();
});

test("lockDataDir() holds against other processes, and a killed one leaves no lock behind", async (t) => {
  const dir = scratch(t);
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLDER, dir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  assert.throws(() => lockDataDir(dir), inUse);
  child.kill("SIGKILL");
  await once(child, "close");
  lockDataDir(dir)();
});

test("lockDataDir() says that a directory is unusable where it is not there", (t) => {
  const dir = join(scratch(t), "missing");
  assert.throws(
    () => lockDataDir(dir),
    (error) => error instanceof DecnetError && error.code === "data-unusable",
  );
});
