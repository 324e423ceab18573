import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startMaster } from "../../../src/master/master.ts";
import { openAuthorities } from "../../../src/pki/authorities.ts";
import type { ApiAuthorities } from "../../../src/wire/api/authority.ts";
import { decnet, run } from "../decnet.ts";
import { masterOptions, openMaster } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

const PASSPHRASE = "one line of a passphrase";

test("the command line encrypts the key of a stopped master, which then needs the passphrase", async (t) => {
  const data = await temporaryDir(t);
  const dataDir = join(data, "master");
  const keyFile = join(data, "passphrase");
  const path = join(dataDir, "authority", "authority.pem");
  await writeFile(keyFile, `${PASSPHRASE}\n`, { mode: 0o600 });
  const authority = (command: string, file = keyFile) =>
    decnet(["authority", command, "--data", data, "--authority-key-file", file]);

  const first = await openMaster(t, { dataDir });
  const running = await authority("encrypt");
  assert.equal(running.code, 7);
  assert.match(running.stderr, /data-in-use/);
  await first.close();
  const plain = await readFile(path, "utf8");

  await writeFile(join(data, "short"), "short\n", { mode: 0o600 });
  await writeFile(join(data, "open"), `${PASSPHRASE}\n`);
  await chmod(join(data, "open"), 0o644);
  for (const [file, why] of [
    ["missing", /there is no file/],
    ["short", /12 to 1000 bytes/],
    ["open", /chmod 600/],
  ] as const) {
    const refused = await authority("encrypt", join(data, file));
    assert.notEqual(refused.code, 0);
    assert.match(refused.stderr, why);
  }
  assert.equal(await readFile(path, "utf8"), plain);

  const encrypted = await authority("encrypt");
  assert.deepEqual([encrypted.code, encrypted.stderr], [0, ""]);
  assert.match((await authority("encrypt")).stderr, /encrypted already/);
  const text = await readFile(path, "utf8");
  assert.match(text, /BEGIN ENCRYPTED PRIVATE KEY/);
  assert.doesNotMatch(text, /BEGIN PRIVATE KEY/);
  const check = await run("openssl", ["pkey", "-in", path, "-passin", `file:${keyFile}`, "-noout"]);
  assert.equal(check.code, 0, check.stderr);

  const start = (authorityPassphrase: string | null) =>
    startMaster(masterOptions(dataDir, { authorityPassphrase }));
  await assert.rejects(start(null), { code: "authority-locked" });
  await assert.rejects(start("another passphrase"), { code: "passphrase-wrong" });
  const without = await decnet(["master", "--data", data]);
  assert.equal(without.code, 7);
  assert.match(without.stderr, /authority-locked/);
  assert.equal(await readFile(path, "utf8"), text);
  const again = await start(PASSPHRASE);
  await again.close();

  const decrypted = await authority("decrypt");
  assert.deepEqual([decrypted.code, decrypted.stderr], [0, ""]);
  assert.equal(await readFile(path, "utf8"), plain);
});

test("the command line shows, rotates and retires, and leaves an encrypted key encrypted", async (t) => {
  const data = await temporaryDir(t);
  const dataDir = join(data, "master");
  const dir = join(dataDir, "authority");
  await openMaster(t, { dataDir, authorityPassphrase: PASSPHRASE });
  const authority = (...args: readonly string[]) => decnet(["authority", ...args, "--data", data]);
  const shown = async () =>
    JSON.parse((await authority("show", "--json")).stdout) as ApiAuthorities;

  const { items, isEncrypted, rotation } = await shown();
  assert.deepEqual([items.length, isEncrypted, rotation], [1, true, null]);
  assert.match((await authority("retire")).stderr, /rotation-not-under-way/);
  const rotated = await authority("rotate");
  assert.equal(rotated.code, 0, rotated.stderr);
  assert.match(rotated.stdout, /All hosts have moved over/);
  assert.match((await authority("rotate")).stderr, /rotation-under-way/);
  const pem = await authority("show", "--pem");
  assert.equal(pem.stdout.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.equal((await shown()).items[1]?.fingerprint, items[0]?.fingerprint);
  const retired = await authority("retire");
  assert.equal(retired.code, 0, retired.stderr);
  assert.equal((await shown()).items.length, 1);
  const kept = { dir, nowMs: Date.now(), random: randomBytes, passphrase: PASSPHRASE };
  const newest = (await openAuthorities(kept)).newest().fingerprint;
  assert.equal((await shown()).items[0]?.fingerprint, newest);
  assert.notEqual(newest, items[0]?.fingerprint);
});
