import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openSecret } from "./secret-file.ts";

test("openSecret() makes a secret once, and says where it cannot be kept", async (t) => {
  const dir = await mkdtemp(join(tmpdir(), "decnet-secret-"));
  t.after(() => rm(dir, { recursive: true }));
  const path = join(dir, "a.secret");
  const made = await openSecret(path, randomBytes);
  const again = await openSecret(path, randomBytes);
  assert.deepEqual([made.isNew, again.isNew], [true, false]);
  assert.deepEqual(made.derive("x"), again.derive("x"));
  await writeFile(join(dir, "file"), "");
  await assert.rejects(openSecret(join(dir, "file", "b.secret"), randomBytes), {
    code: "data-unusable",
  });
});
