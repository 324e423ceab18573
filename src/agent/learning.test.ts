import assert from "node:assert/strict";
import { createPublicKey, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import { type Log, silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { openAuthorities } from "../pki/authorities.ts";
import { makeSigningRequest } from "../pki/csr.ts";
import { headerOf } from "../pki/trust.ts";
import type { TrustReport } from "../wire/authorities.ts";
import { HEADERS } from "../wire/headers.ts";
import { saveIdentity } from "./identity.ts";
import { createLearning } from "./learning.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import { createTrust } from "./trust.ts";

const nowMs = Date.now();
const root = await mkdtemp(join(tmpdir(), "decnet-learning-"));
after(() => rm(root, { recursive: true }));
const authorities = await openAuthorities({ dir: join(root, "a"), nowMs, random: randomBytes });
const old = authorities.newest();
await authorities.rotate(nowMs);
const newest = authorities.newest();
const stranger = (
  await openAuthorities({ dir: join(root, "b"), nowMs, random: randomBytes })
).newest();

async function learner(t: TestContext, answers: readonly ScriptedAnswer[]) {
  const dataDir = await mkdtemp(join(root, "agent-"));
  const { keyPem } = await makeSigningRequest();
  const publicKey = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const hostUuid = "0d1f5a3e-2f0c-4b7e-9a43-0c2f5d7e8a91";
  const { certificatePem } = await old.issueAgent({ publicKey, hostUuid, nowMs, ttlMs: 1e8 });
  const places = { hostName: "web-1", agentHost: "192.0.2.7", agentPort: 8770 };
  const authorityPem = old.certificatePem;
  await saveIdentity(dataDir, { hostUuid, ...places, keyPem, certificatePem, authorityPem });
  const trust = createTrust(dataDir, authorityPem);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) };
  const clock = createVirtualClock(nowMs);
  const learning = createLearning({ trust, clock, random: () => 0.5, log });
  const told: (readonly string[])[] = [];
  const left = [...answers];
  const transport = createScriptedTransport(async ({ body }) => {
    told.push((JSON.parse(body ?? "") as TrustReport).trusted);
    return left.shift() ?? answering([newest.certificatePem, old.certificatePem]);
  });
  const stop = new AbortController();
  const master = { transport, credentials: () => ({ keyPem, certificatePem }) };
  const ended = learning.run(master, stop.signal);
  t.after(async () => {
    stop.abort();
    await ended;
  });
  const kept = () => readFile(join(dataDir, "authority.pem"), "utf8");
  return { trust, learning, told, warnings, clock, ended, kept, dataDir };
}

const answering = (pems: readonly string[]): ScriptedAnswer => ({
  status: 200,
  body: JSON.stringify({ authorities: pems }),
});

/** Files and sockets take real time and none of the virtual one. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => void setImmediate(resolve));
}

test("an agent tells whom it trusts, keeps what it is answered, and says so again", async (t) => {
  const { told, kept, trust } = await learner(t, []);
  await until(() => told.length === 2);
  assert.deepEqual(told, [[old.fingerprint], [newest.fingerprint, old.fingerprint]]);
  assert.equal(await kept(), newest.certificatePem + old.certificatePem);
  assert.deepEqual(trust.fingerprints(), [newest.fingerprint, old.fingerprint]);
});

test("an agent asks again when the master's header names others, and not otherwise", async (t) => {
  const only = answering([old.certificatePem]);
  const { told, learning } = await learner(t, [only]);
  await until(() => told.length === 1);
  const header = (fingerprints: readonly string[]) =>
    learning.heard({
      status: 204,
      headers: { [HEADERS.authorities]: headerOf(fingerprints) },
      body: "",
    });
  header([old.fingerprint]);
  await new Promise<void>((resolve) => void setImmediate(resolve));
  assert.equal(told.length, 1);
  header([newest.fingerprint, old.fingerprint]);
  await until(() => told.length === 3);
});

test("an agent keeps nothing of an answer that leaves its own certificate without an authority", async (t) => {
  const bad = [
    answering([stranger.certificatePem]),
    answering(["hello"]),
    { status: 200, body: "{}" },
    { status: 503 },
  ];
  for (const answer of bad) {
    const { warnings, kept, trust } = await learner(t, [answer]);
    await until(() => warnings.length === 1);
    assert.equal(await kept(), old.certificatePem);
    assert.deepEqual(trust.fingerprints(), [old.fingerprint]);
  }
});

test("an agent that cannot write whom it trusts goes on trusting those before, and tries again", async (t) => {
  const { trust, dataDir, kept } = await learner(t, [answering([old.certificatePem])]);
  const path = join(dataDir, "authority.pem");
  await rm(path);
  await mkdir(path);
  await assert.rejects(trust.add(newest.certificatePem), { code: "data-unusable" });
  assert.deepEqual(trust.fingerprints(), [old.fingerprint]);
  await rm(path, { recursive: true });
  assert.equal(await trust.add("hello"), false);
  assert.equal(await trust.add(newest.certificatePem), true);
  assert.equal(await trust.add(newest.certificatePem), true);
  assert.equal(await kept(), newest.certificatePem + old.certificatePem);
});

test("an agent that is told of its decommission ends", async (t) => {
  const { ended } = await learner(t, [
    { status: 403, headers: { [HEADERS.error]: "host-decommissioned" } },
  ]);
  assert.deepEqual(await ended, { kind: "decommissioned" });
});
