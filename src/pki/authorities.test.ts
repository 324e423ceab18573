import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createPrivateKey, generateKeyPairSync, randomBytes, X509Certificate } from "node:crypto";
import { link, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openAuthorities } from "./authorities.ts";
import { decryptKey, encryptKey } from "./encrypted-key.ts";
import { areKeysEncrypted, recryptAuthorities } from "./recrypt.ts";
import { issuerOf, masterNameUnder, readAuthorities } from "./trust.ts";

const nowMs = Date.now();
const DAY_MS = 86_400_000;
const PASSPHRASE = "correct horse \u00e9 battery";

const root = await mkdtemp(join(tmpdir(), "decnet-authorities-"));
after(() => rm(root, { recursive: true }));
const open = (dir: string, passphrase: string | null = null) =>
  openAuthorities({ dir: join(root, dir), nowMs, random: randomBytes, passphrase });
const pathOf = (dir: string) => join(root, dir, "authority.pem");
const textOf = (dir: string) => readFile(pathOf(dir), "utf8");

test("rotate() puts a new authority before the old one, retire() leaves it alone, over restarts", async () => {
  const authorities = await open("rotated");
  const old = authorities.newest();
  const kept = authorities.issuing;
  const seen: (readonly string[])[] = [];
  authorities.onChange(async () => {
    // Whoever follows knows the new one before anything is issued under it.
    seen.push([kept.fingerprint, ...authorities.trusted().map(({ fingerprint }) => fingerprint)]);
  });
  assert.equal(await authorities.retire(), null);
  assert.deepEqual(await Promise.all([authorities.rotate(nowMs), authorities.rotate(nowMs)]), [
    true,
    false,
  ]);
  const newest = authorities.newest();
  assert.notEqual(newest.fingerprint, old.fingerprint);
  assert.equal(kept.fingerprint, newest.fingerprint);
  assert.equal(authorities.oldest().fingerprint, old.fingerprint);
  assert.deepEqual(seen, [[old.fingerprint, newest.fingerprint, old.fingerprint]]);

  const again = await open("rotated");
  assert.deepEqual(
    again.trusted().map(({ fingerprint }) => fingerprint),
    [newest.fingerprint, old.fingerprint],
  );
  assert.equal((await again.retire())?.fingerprint, old.fingerprint);
  assert.deepEqual(await readdir(join(root, "rotated")), ["authority.pem"]);
  const last = await open("rotated");
  assert.equal(last.newest().fingerprint, newest.fingerprint);
  assert.equal(last.trusted().length, 1);
});

test("retire() overwrites the bytes in which the old key was", async () => {
  const authorities = await open("overwritten");
  await authorities.rotate(nowMs);
  // Another name for the same bytes on disk.
  await link(pathOf("overwritten"), join(root, "same-bytes"));
  await authorities.retire();
  const bytes = await readFile(join(root, "same-bytes"));
  assert.ok(bytes.length > 0 && bytes.every((byte) => byte === 0));
  assert.equal((await stat(pathOf("overwritten"))).mode & 0o777, 0o600);
});

test("issueMaster() names the master under its own authority as well", async () => {
  const authority = (await open("named")).newest();
  const { certificatePem } = await authority.issueMaster({ nowMs, ttlMs: DAY_MS });
  const leaf = new X509Certificate(certificatePem);
  const name = masterNameUnder(authority.fingerprint);
  assert.equal(leaf.checkHost(name), name);
  assert.equal(leaf.checkHost("master.decnet.internal"), "master.decnet.internal");
  assert.ok(name.split(".").every((label) => label.length <= 63));
});

test("encryptKey() writes what openssl reads, and no other passphrase opens", async () => {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const pem = encryptKey(privateKey, PASSPHRASE, randomBytes);
  assert.ok(decryptKey(pem, PASSPHRASE)?.equals(privateKey));
  assert.equal(decryptKey(pem, `${PASSPHRASE}x`), null);
  assert.equal(decryptKey(pem, ""), null);
  const file = join(root, "passphrase");
  await writeFile(file, `${PASSPHRASE}\n`, { mode: 0o600 });
  const plain = execFileSync("openssl", ["pkcs8", "-passin", `file:${file}`], { input: pem });
  assert.ok(createPrivateKey(plain).equals(privateKey));
  const shown = execFileSync("openssl", ["asn1parse"], { input: pem, encoding: "utf8" });
  assert.match(shown, /PBES2[\s\S]*scrypt[\s\S]*aes-256-cbc/i);
});

test("openAuthorities() wants the passphrase of an encrypted key, and changes nothing without it", async () => {
  const made = await open("locked", PASSPHRASE);
  assert.equal(made.isEncrypted, true);
  assert.equal(await areKeysEncrypted(join(root, "locked")), true);
  const before = await textOf("locked");
  assert.doesNotMatch(before, /BEGIN PRIVATE KEY/);
  await assert.rejects(open("locked"), { code: "authority-locked" });
  await assert.rejects(open("locked", "another passphrase"), { code: "passphrase-wrong" });
  assert.equal(await textOf("locked"), before);
  const opened = await open("locked", PASSPHRASE);
  assert.equal(opened.newest().fingerprint, made.newest().fingerprint);
  await opened.rotate(nowMs);
  const both = await textOf("locked");
  assert.equal(both.match(/BEGIN ENCRYPTED PRIVATE KEY/g)?.length, 2);
  assert.doesNotMatch(both, /BEGIN PRIVATE KEY/);
});

test("recryptAuthorities() encrypts and decrypts all keys at once, or none", async () => {
  const dir = join(root, "recrypted");
  const authorities = await open("recrypted");
  await authorities.rotate(nowMs);
  const plain = await textOf("recrypted");
  const recrypt = (from: string | null, to: string | null) =>
    recryptAuthorities({ dir, from, to, random: randomBytes });
  await recrypt(null, PASSPHRASE);
  const encrypted = await textOf("recrypted");
  assert.equal(encrypted.match(/BEGIN ENCRYPTED PRIVATE KEY/g)?.length, 2);
  await assert.rejects(recrypt(null, null), { code: "authority-locked" });
  await assert.rejects(recrypt("another passphrase", null), { code: "passphrase-wrong" });
  assert.equal(await textOf("recrypted"), encrypted);
  await recrypt(PASSPHRASE, null);
  assert.equal(await textOf("recrypted"), plain);
  const nowhere = recryptAuthorities({ dir: root, from: null, to: null, random: randomBytes });
  await assert.rejects(nowhere, { code: "data-unusable" });
});

test("readAuthorities() takes authorities alone, each once, and not too many", async () => {
  const authorities = await open("read");
  await authorities.rotate(nowMs);
  const [newest, old] = authorities.trusted();
  assert.ok(newest !== undefined && old !== undefined);
  const both = newest.certificatePem + old.certificatePem;
  const read = readAuthorities(both + newest.certificatePem) ?? [];
  assert.deepEqual(
    read.map(({ fingerprint }) => fingerprint),
    [newest.fingerprint, old.fingerprint],
  );
  const { certificatePem } = await old.issueMaster({ nowMs, ttlMs: DAY_MS });
  const leaf = new X509Certificate(certificatePem);
  assert.equal(issuerOf(leaf, read)?.fingerprint, old.fingerprint);
  assert.equal(issuerOf(leaf, read.slice(0, 1)), null);
  const cut = both.slice(0, 300);
  for (const bad of ["", "hello", cut, both + certificatePem, both.repeat(3)]) {
    assert.equal(readAuthorities(bad), null);
  }
});
