import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import {
  chmod,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { openAuthority } from "../pki/authorities.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import {
  CURRENT_FILES,
  dropKey,
  type Identity,
  loadIdentity,
  saveIdentity,
  saveKey,
  wipeIdentity,
} from "./identity.ts";
import { dropNext, loadNext, promoteNext, saveNext } from "./next-identity.ts";

const root = await mkdtemp(join(tmpdir(), "decnet-identity-"));
after(() => rm(root, { recursive: true }));
const authority = await openAuthority({
  dir: join(root, "authority"),
  nowMs: Date.now(),
  random: randomBytes,
});

async function makeIdentity(): Promise<Identity> {
  const hostUuid = "0d1f5a3e-2f0c-4b7e-9a43-0c2f5d7e8a91";
  const { keyPem } = await makeSigningRequest();
  const { certificatePem } = await authority.issueAgent({
    publicKey: createPublicKey(keyPem).export({ type: "spki", format: "der" }),
    hostUuid,
    nowMs: Date.now(),
    ttlMs: 3_600_000,
  });
  return {
    hostUuid,
    hostName: "web-1",
    agentHost: "192.0.2.7",
    agentPort: 8770,
    enrollmentPort: 8771,
    keyPem,
    certificatePem,
    authorityPem: authority.certificatePem,
  };
}

test("loadIdentity() loads what saveIdentity() saved, the key for this user alone", async () => {
  const dir = join(root, "saved");
  const identity = await makeIdentity();
  assert.equal(await loadIdentity(dir), null);
  await saveIdentity(dir, identity);
  assert.deepEqual(await loadIdentity(dir), identity);
  assert.equal((await stat(dir)).mode & 0o777, 0o700);
  assert.equal((await stat(join(dir, "key.pem"))).mode & 0o777, 0o600);
});

test("loadIdentity() finds none when enrollment was cut short before the last file", async () => {
  const dir = join(root, "cut");
  await saveKey(dir, (await makeIdentity()).keyPem);
  assert.equal(await loadIdentity(dir), null);
  await saveIdentity(dir, await makeIdentity());
  await unlink(join(dir, "identity.json"));
  assert.equal(await loadIdentity(dir), null);
});

test("dropKey() takes back its own key, but none that belongs to somebody", async () => {
  const dir = join(root, "dropped");
  const [own, other] = [await makeIdentity(), await makeIdentity()];
  await saveKey(dir, own.keyPem);
  await dropKey(dir, other.keyPem);
  assert.deepEqual(await readdir(dir), ["key.pem"]);
  await dropKey(dir, own.keyPem);
  assert.deepEqual(await readdir(dir), []);
  await dropKey(dir, own.keyPem);
  await saveIdentity(dir, own);
  await dropKey(dir, own.keyPem);
  assert.deepEqual(await loadIdentity(dir), own);
});

test("loadIdentity() refuses a key that other users can read, and says what to do", async () => {
  const dir = join(root, "readable");
  await saveIdentity(dir, await makeIdentity());
  await chmod(join(dir, "key.pem"), 0o644);
  await assert.rejects(loadIdentity(dir), { code: "data-unusable", message: /chmod 600/ });
});

test("loadIdentity() refuses files that are damaged, missing or of another identity", async () => {
  const dir = join(root, "damaged");
  const other = await makeIdentity();
  const damage: Readonly<Record<string, readonly string[]>> = {
    "identity.json": ["", "null", "[]", '{"hostUuid": 1}'],
    "key.pem": ["", "hello", other.keyPem],
    "certificate.pem": ["", other.certificatePem],
    "authority.pem": ["", other.certificatePem],
  };
  for (const [name, texts] of Object.entries(damage)) {
    for (const text of texts) {
      await saveIdentity(dir, await makeIdentity());
      await writeFile(join(dir, name), text);
      await assert.rejects(loadIdentity(dir), { code: "data-unusable" }, `${name}: ${text}`);
    }
  }
  await unlink(join(dir, "certificate.pem"));
  await assert.rejects(loadIdentity(dir), { code: "data-unusable", message: /certificate.pem/ });
});

test("wipeIdentity() overwrites the key before it removes it, and leaves nothing", async () => {
  const dir = join(root, "wiped");
  await saveIdentity(dir, await makeIdentity());
  const held = await open(join(dir, "key.pem"));
  try {
    await wipeIdentity(dir);
    const bytes = await held.readFile();
    assert.ok(bytes.length > 0);
    assert.ok(bytes.every((byte) => byte === 0));
  } finally {
    await held.close();
  }
  assert.deepEqual(await readdir(dir), []);
  assert.equal(await loadIdentity(dir), null);
});

test("wipeIdentity() finishes what was cut short, and minds no directory that is not there", async () => {
  const dir = join(root, "half-wiped");
  await saveIdentity(dir, await makeIdentity());
  await unlink(join(dir, "identity.json"));
  await wipeIdentity(dir);
  await wipeIdentity(dir);
  assert.deepEqual(await readdir(dir), []);
  await wipeIdentity(join(root, "never-was"));
});

test("saveIdentity() says so when the directory cannot be written", async () => {
  await writeFile(join(root, "file"), "");
  const saved = saveIdentity(join(root, "file"), await makeIdentity());
  await assert.rejects(saved, { code: "data-unusable" });
  assert.equal(await readFile(join(root, "file"), "utf8"), "");
});

test("wipeIdentity() leaves no key behind: neither the next one nor one half written", async () => {
  const dir = join(root, "wiped-whole");
  const identity = await makeIdentity();
  await saveIdentity(dir, identity);
  const { keyPem, requestPem } = await makeSigningRequest();
  await saveNext(dir, { keyPem, requestPem, certificatePem: null });
  await writeFile(join(dir, ".key.pem.0123456789ab.temporary"), keyPem);
  await writeFile(join(dir, ".next.pem.0123456789ab.temporary"), keyPem);
  await writeFile(join(dir, "notes.txt"), "somebody's own");
  await wipeIdentity(dir);
  assert.deepEqual(await readdir(dir), ["notes.txt"]);
});

for (const step of ["promote", "write-key", "write-certificate", "clean-up"] as const) {
  test(`loadIdentity() finds one whole identity after a crash before '${step}'`, async () => {
    const dir = join(root, `cut-${step}`);
    const [old, next] = [await makeIdentity(), await makeIdentity()];
    await saveIdentity(dir, old);
    await saveNext(dir, {
      keyPem: next.keyPem,
      requestPem: (await makeSigningRequest()).requestPem,
      certificatePem: next.certificatePem,
    });
    const crashing = promoteNext(dir, CURRENT_FILES, (name) => {
      if (name === step) throw new Error("crash");
    });
    await assert.rejects(crashing, /crash/);
    const found = await loadIdentity(dir);
    assert.equal(found?.keyPem, step === "promote" ? old.keyPem : next.keyPem);
    assert.equal((await loadNext(dir)) === null, step !== "promote");
  });
}

test("loadNext() takes what is damaged for nothing", async () => {
  const dir = join(root, "damaged-next");
  const { keyPem, requestPem } = await makeSigningRequest();
  const other = await makeIdentity();
  await saveIdentity(dir, other);
  assert.equal(await loadNext(dir), null);
  await saveNext(dir, { keyPem, requestPem, certificatePem: other.certificatePem });
  assert.equal(await loadNext(dir), null, "certificate of another key");
  await saveNext(dir, { keyPem, requestPem, certificatePem: null });
  assert.deepEqual(await loadNext(dir), { keyPem, requestPem, certificatePem: null });
  assert.equal((await stat(join(dir, "next.pem"))).mode & 0o777, 0o600);
  await writeFile(join(dir, "next.pem"), keyPem.slice(0, 90));
  assert.equal(await loadNext(dir), null);
  await dropNext(dir);
  assert.equal((await readdir(dir)).includes("next.pem"), false);
});
