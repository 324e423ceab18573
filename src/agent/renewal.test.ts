import assert from "node:assert/strict";
import { createPrivateKey, createPublicKey, randomBytes, X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { type Log, silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { makeSigningRequest, readSigningRequest } from "../pki/csr.ts";
import { makeAuthority, signAgent } from "../pki/issue.ts";
import type { RenewalRequest } from "../wire/renewal.ts";
import { loadIdentity, saveIdentity } from "./identity.ts";
import { openRenewal } from "./renewal.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import type { AgentRequest } from "./transport.ts";
import { createTrust } from "./trust.ts";

const HOUR_MS = 3_600_000;
const LIFE_MS = 100 * HOUR_MS;
const T0 = Date.UTC(2026, 0, 1);

/** An agent's renewal against a master in this process, under a virtual clock. */
async function setUp(t: TestContext, random: () => number) {
  const dir = await mkdtemp(join(tmpdir(), "decnet-renewal-"));
  t.after(() => rm(dir, { recursive: true }));
  const clock = createVirtualClock(T0);
  const made = await makeAuthority({ nowMs: T0, random: randomBytes });
  const signer = {
    key: createPrivateKey(made.keyPem).toCryptoKey({ name: "ECDSA", namedCurve: "P-256" }, false, [
      "sign",
    ]),
    certificate: new X509Certificate(made.certificatePem),
  };
  const hostUuid = "0d1f5a3e-2f0c-4b7e-9a43-0c2f5d7e8a91";
  const issue = (publicKey: Uint8Array) =>
    signAgent(signer, randomBytes, { publicKey, hostUuid, nowMs: clock.nowMs(), ttlMs: LIFE_MS });
  const { keyPem } = await makeSigningRequest();
  const spki = createPublicKey(keyPem).export({ type: "spki", format: "der" });
  const identity = {
    hostUuid,
    hostName: "web-1",
    agentHost: "127.0.0.1",
    agentPort: 1,
    enrollmentPort: null,
    keyPem,
    certificatePem: (await issue(spki)).certificatePem,
    authorityPem: made.certificatePem,
  };
  const dataDir = join(dir, "agent");
  await saveIdentity(dataDir, identity);

  const asked: string[] = [];
  const warnings: string[] = [];
  /** What the next requests get instead of the master's answer. */
  const faults: (ScriptedAnswer | Error)[] = [];
  const renewed: number[] = [];
  const log: Log = {
    ...silentLog,
    info: (message) => void (message === "certificate renewed" && renewed.push(clock.nowMs())),
    warn: (message) => void warnings.push(message),
  };
  const answer = async (request: AgentRequest): Promise<ScriptedAnswer> => {
    asked.push(request.path);
    const fault = faults.shift();
    if (fault instanceof Error) throw fault;
    if (fault !== undefined) return fault;
    if (request.path === "/swarm/desired") return { status: 304 };
    const csr = readSigningRequest((JSON.parse(request.body ?? "") as RenewalRequest).csr);
    assert.equal(csr.kind, "accepted");
    const { certificatePem } = await issue(csr.publicKey);
    const body = JSON.stringify({ certificate: certificatePem, authority: identity.authorityPem });
    return { status: 200, body };
  };
  const renewal = await openRenewal({
    dataDir,
    identity,
    trust: createTrust(dataDir, identity.authorityPem),
    learning: { heard() {}, renewed() {} },
    open: () => createScriptedTransport(answer),
    clock,
    random,
    log,
  });
  const stop = new AbortController();
  const ended = renewal.run(stop.signal);
  t.after(async () => {
    stop.abort();
    await ended;
  });
  return { clock, asked, warnings, faults, renewed, dataDir, identity, ended };
}

/** Lets files and keys be written, which take real time and none of the virtual one. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => void setImmediate(resolve));
}

for (const [draw, hours] of [
  [0, 40],
  [0.5, 50],
  [0.999_999, 60],
] as const) {
  test(`a draw of ${draw} renews ${hours} hours into a life of 100, and not before`, async (t) => {
    const { clock, asked, renewed, dataDir, identity } = await setUp(t, () => draw);
    await clock.advance((hours - 1) * HOUR_MS);
    assert.deepEqual(asked, []);
    await clock.advance(HOUR_MS);
    await until(() => renewed.length === 1);
    assert.deepEqual(asked, ["/swarm/renew", "/swarm/desired"]);
    const now = await loadIdentity(dataDir);
    assert.notEqual(now?.keyPem, identity.keyPem);
    const { validToDate } = new X509Certificate(now?.certificatePem ?? "");
    assert.ok(validToDate.getTime() >= T0 + LIFE_MS + (hours - 1) * HOUR_MS);
    await clock.advance((hours - 1) * HOUR_MS);
    assert.equal(renewed.length, 1, "the new one has a life of its own");
    await clock.advance(2 * HOUR_MS);
    await until(() => renewed.length === 2);
  });
}

test("a renewal that fails is tried again, with the same key, and told of once", async (t) => {
  const { clock, asked, warnings, faults, renewed } = await setUp(t, () => 0.5);
  const outage = () => new DecnetError("master-unreachable", "gone");
  faults.push(outage(), outage(), { status: 503 }, { status: 200, body: "{}" });
  await clock.advance(50 * HOUR_MS);
  for (let tries = 1; tries <= 4; tries += 1) {
    await until(() => asked.length >= tries);
    await clock.advance(300_000);
  }
  await until(() => renewed.length === 1);
  assert.deepEqual(
    asked.slice(0, 5),
    Array.from({ length: 5 }, () => "/swarm/renew"),
  );
  assert.equal(new Set(warnings).size, warnings.length, "each reason once");
});

test("an answer that brings a certificate of another key is not kept", async (t) => {
  const { clock, asked, faults, renewed, identity, warnings } = await setUp(t, () => 0.5);
  const { certificatePem, authorityPem } = identity;
  const body = JSON.stringify({ certificate: certificatePem, authority: authorityPem });
  faults.push({ status: 200, body });
  await clock.advance(50 * HOUR_MS);
  await until(() => warnings.length === 1);
  assert.match(warnings[0] ?? "", /no certificate of the key asked for/);
  await clock.advance(300_000);
  await until(() => renewed.length === 1);
  assert.equal(asked.filter((path) => path === "/swarm/renew").length, 2);
});

test("a renewal that is answered with a decommission ends the agent", async (t) => {
  const { clock, faults, ended } = await setUp(t, () => 0.5);
  faults.push({ status: 403, headers: { "decnet-error": "host-decommissioned" } });
  await clock.advance(50 * HOUR_MS);
  assert.deepEqual(await ended, { kind: "decommissioned" });
});
