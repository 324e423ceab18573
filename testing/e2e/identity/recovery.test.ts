import assert from "node:assert/strict";
import { createHash, createPublicKey, X509Certificate } from "node:crypto";
import { test } from "node:test";
import { postUnderAuthority } from "../../../src/agent/authority-post.ts";
import { type Identity, loadIdentity } from "../../../src/agent/identity.ts";
import { loadNext, saveNext } from "../../../src/agent/next-identity.ts";
import { createSystemClock } from "../../../src/cli/clock.ts";
import type { Clock } from "../../../src/domain/clock.ts";
import { fingerprintOf } from "../../../src/pki/certificate.ts";
import { makeSigningRequest } from "../../../src/pki/csr.ts";
import { signStatement } from "../../../src/pki/proof.ts";
import { StoreUnavailable } from "../../../src/store/store.ts";
import { type ChallengeAnswer, recoveryStatement } from "../../../src/wire/renewal.ts";
import { callerOf } from "../swarm.ts";
import { startAgent } from "./agent.ts";
import { DAY_MS, openSwarm, type Swarm } from "./swarm-of-parts.ts";

const EXPIRED_MS = 8 * DAY_MS;

/** The recovery lane by hand; `over` replaces parts of the request. */
async function recover(
  swarm: Swarm,
  identity: Identity,
  over: {
    readonly keyPem?: string;
    readonly csr?: string;
    readonly nonce?: string;
    readonly hostUuid?: string;
    readonly signedFor?: string;
    readonly statement?: string;
  } = {},
) {
  const place = {
    host: "127.0.0.1",
    port: swarm.enrollmentPort,
    authorityPem: identity.authorityPem,
  };
  const host_uuid = over.hostUuid ?? identity.hostUuid;
  const nonce =
    over.nonce ??
    (
      JSON.parse(
        (await postUnderAuthority({ ...place, path: "/recover/challenge", body: { host_uuid } }))
          .text,
      ) as ChallengeAnswer
    ).nonce;
  const csr = over.csr ?? (await makeSigningRequest()).requestPem;
  const csrDigest = createHash("sha256").update(csr).digest("hex");
  const statement =
    over.statement ??
    recoveryStatement({ hostUuid: over.signedFor ?? host_uuid, nonce, csrDigest });
  const signature = signStatement(over.keyPem ?? identity.keyPem, statement);
  const body = { host_uuid, csr, nonce, signature };
  const answer = await postUnderAuthority({ ...place, path: "/recover", body });
  return { ...answer, body, nonce, csr };
}

test("an agent whose certificate ran out while it was off recovers by itself", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1", EXPIRED_MS);
  await assert.rejects(callerOf(t, identity)("GET", "/swarm/desired"), "TLS itself refuses it");
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  await agent.stop();
  const host = await swarm.store.getHost(identity.hostUuid);
  const now = await loadIdentity(dir);
  assert.equal(
    fingerprintOf(new X509Certificate(now?.certificatePem ?? "").raw),
    host?.fingerprint,
  );
  assert.ok((host?.certificateNotAfterMs ?? 0) > Date.now() + 6 * DAY_MS);
  assert.deepEqual(
    (await swarm.store.listAudit({ limit: 9 })).map(({ action, target }) => [action, target]),
    [["host.recover", identity.hostUuid]],
  );
  assert.deepEqual(await swarm.store.listAlarms(), []);
});

test("an agent whose next certificate ran out with the current one recovers, promoted or not", async (t) => {
  const swarm = await openSwarm(t);
  for (const promoted of [false, true]) {
    const { dir, identity } = await swarm.enroll(`web-${promoted}`, EXPIRED_MS);
    const { hostUuid } = identity;
    const { keyPem, requestPem } = await makeSigningRequest();
    const publicKey = createPublicKey(keyPem).export({ type: "spki", format: "der" });
    const old = await swarm.authority.issueAgent({
      publicKey,
      hostUuid,
      nowMs: Date.now() - EXPIRED_MS,
      ttlMs: DAY_MS,
    });
    const next = { ...old, publicKey: publicKey.toString("base64") };
    const nowMs = Date.now() - EXPIRED_MS;
    const pin = fingerprintOf(new X509Certificate(identity.certificatePem).raw);
    await swarm.store.renewHost({ fingerprint: pin, nowMs, next });
    if (promoted) await swarm.store.promotePin({ fingerprint: old.fingerprint, nowMs });
    await saveNext(dir, { keyPem, requestPem, certificatePem: old.certificatePem });
    const agent = startAgent(dir);
    t.after(() => agent.stop());
    await agent.renewed;
    await agent.stop();
    const now = await loadIdentity(dir);
    assert.equal(
      fingerprintOf(new X509Certificate(now?.certificatePem ?? "").raw),
      (await swarm.store.getHost(hostUuid))?.fingerprint,
    );
    assert.equal(await loadNext(dir), null);
  }
});

test("POST /recover takes no proof but that of the pinned key over this very request", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1", EXPIRED_MS);
  const { identity: other } = await swarm.enroll("web-2", EXPIRED_MS);
  const before = await swarm.store.listPins(identity.hostUuid);
  const stranger = await makeSigningRequest();
  const unknown = "00000000-0000-4000-8000-000000000000";
  const refused: readonly (readonly [string, Awaited<ReturnType<typeof recover>>, string])[] = [
    ["another key", await recover(swarm, identity, { keyPem: stranger.keyPem }), "proof-invalid"],
    [
      "the new key",
      await recover(swarm, identity, { keyPem: stranger.keyPem, csr: stranger.requestPem }),
      "proof-invalid",
    ],
    ["another host's", await recover(swarm, identity, { keyPem: other.keyPem }), "proof-invalid"],
    [
      "signed for another host",
      await recover(swarm, identity, { signedFor: other.hostUuid }),
      "proof-invalid",
    ],
    ["another text", await recover(swarm, identity, { statement: "hello" }), "proof-invalid"],
    ["no such host", await recover(swarm, identity, { hostUuid: unknown }), "proof-invalid"],
    [
      "a made-up nonce",
      await recover(swarm, identity, { nonce: "A".repeat(75) }),
      "challenge-unknown",
    ],
    ["a bad request", await recover(swarm, identity, { csr: "no request" }), "csr-invalid"],
  ];
  for (const [what, { status, code }, expected] of refused) {
    assert.equal(code, expected, what);
    assert.ok(status >= 400, what);
  }
  assert.deepEqual(await swarm.store.listPins(identity.hostUuid), before);
});

test("a recorded recovery is of no use a second time, nor is a nonce for another host", async (t) => {
  const swarm = await openSwarm(t);
  const { identity } = await swarm.enroll("web-1", EXPIRED_MS);
  const { identity: other } = await swarm.enroll("web-2", EXPIRED_MS);
  const first = await recover(swarm, identity);
  assert.equal(first.status, 200);
  const replayed = await postUnderAuthority({
    host: "127.0.0.1",
    port: swarm.enrollmentPort,
    path: "/recover",
    authorityPem: identity.authorityPem,
    body: first.body,
  });
  assert.equal(replayed.code, "challenge-unknown");
  const { nonce } = await recover(swarm, identity, { keyPem: other.keyPem });
  assert.equal((await recover(swarm, other, { nonce })).code, "challenge-unknown");
});

test("recovery is for a certificate that ran out, of a host in service, within the bounds", async (t) => {
  const swarm = await openSwarm(t, { recoveryBounds: { most: 1, withinMs: 30 * DAY_MS } });
  const code = async (identity: Identity) => (await recover(swarm, identity)).code;
  const valid = await swarm.enroll("valid");
  assert.equal(await code(valid.identity), "certificate-still-valid");
  const long = await swarm.enroll("long", 38 * DAY_MS);
  assert.equal(await code(long.identity), "recovery-refused");
  const gone = await swarm.enroll("gone", EXPIRED_MS);
  await swarm.store.decommissionHost(gone.identity.hostUuid, Date.now());
  assert.equal(await code(gone.identity), "host-decommissioned");
  const often = await swarm.enroll("often", EXPIRED_MS);
  assert.equal(await code(often.identity), null);
  assert.equal(await code(often.identity), "recovery-refused", "another key is another recovery");
  for (const { identity } of [valid, long, gone]) {
    assert.equal((await swarm.store.listPins(identity.hostUuid)).length, 1);
  }
});

test("recovery that the operator turned off is refused", async (t) => {
  for (const recoveryBounds of [
    { most: 0, withinMs: 30 * DAY_MS },
    { most: 3, withinMs: 0 },
  ]) {
    const swarm = await openSwarm(t, { recoveryBounds });
    const { identity } = await swarm.enroll("web-1", EXPIRED_MS);
    assert.equal((await recover(swarm, identity)).code, "recovery-refused");
  }
});

test("an agent that recovers and finds its host decommissioned wipes its key", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1", EXPIRED_MS);
  await swarm.store.decommissionHost(identity.hostUuid, Date.now());
  assert.deepEqual(await startAgent(dir).exit, { kind: "decommissioned" });
  assert.equal(await loadIdentity(dir), null);
  assert.equal(await loadNext(dir), null);
});

test("an agent whose certificate runs out while the master cannot renew it recovers as it runs", async (t) => {
  const ttlMs = 60_000;
  const swarm = await openSwarm(t, { ttlMs });
  const { dir, identity } = await swarm.enroll("web-1", ttlMs - 1500);
  swarm.meddle({
    renewHost: () => Promise.reject(new StoreUnavailable("as if the disk were full")),
  });
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  await agent.stop();
  assert.ok(swarm.refusals.includes("store-unavailable"), "it tried to renew");
  const actions = (await swarm.store.listAudit({ limit: 9 })).map(({ action }) => action);
  assert.ok(actions.includes("host.recover"));
  const host = await swarm.store.getHost(identity.hostUuid);
  assert.ok((host?.certificateNotAfterMs ?? 0) > Date.now() + 50_000);
});

test("an agent whose clock is 20 days behind learns from the master that its certificate ran out", async (t) => {
  const swarm = await openSwarm(t);
  const { dir } = await swarm.enroll("web-1", EXPIRED_MS);
  // Twenty times as fast as the world, so that a minute without an answer is three seconds.
  const system = createSystemClock();
  const startMs = system.nowMs();
  const clock: Clock = {
    nowMs: () => Math.trunc(startMs - 20 * DAY_MS + (system.nowMs() - startMs) * 20),
    sleep: (ms, signal) => system.sleep(ms / 20, signal),
  };
  const agent = startAgent(dir, () => {}, clock);
  t.after(() => agent.stop());
  await agent.renewed;
  await agent.stop();
});
