import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import tls from "node:tls";
import { loadIdentity, saveIdentity } from "../../../src/agent/identity.ts";
import { masterNameUnder } from "../../../src/pki/trust.ts";
import { startAgent } from "../identity/agent.ts";
import { DAY_MS, openSwarm, type Swarm } from "../identity/swarm-of-parts.ts";
import { callerOf, heartbeatBody, tlsOf } from "../swarm.ts";
import { trustIn, until } from "./fleet.ts";

const rotate = async (swarm: Swarm) => {
  assert.equal(await swarm.authorities.rotate(Date.now() - DAY_MS), true);
  const [newest, old] = swarm.authorities.trusted();
  assert.ok(newest !== undefined && old !== undefined);
  return { newest, old };
};

async function openRotated(t: TestContext) {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1");
  return { swarm, dir, identity, ...(await rotate(swarm)) };
}

test("a host whose certificate ran out while it was off recovers under the new authority", async (t) => {
  const swarm = await openSwarm(t);
  const { dir } = await swarm.enroll("web-1", 8 * DAY_MS);
  const { newest, old } = await rotate(swarm);
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  // Until then TLS turned it away, as it should, and that was counted; from then on nothing is.
  const turnedAway = swarm.refusals.length;
  assert.deepEqual(new Set(swarm.refusals), new Set(["certificate-expired"]));
  const { trusted, issuer } = await trustIn(dir);
  assert.equal(issuer, newest.fingerprint);
  assert.deepEqual(trusted, [newest.fingerprint, old.fingerprint]);
  assert.notEqual(await swarm.authorities.retire(), null);
  await until(async () => (await trustIn(dir)).trusted.length === 1);
  assert.deepEqual(swarm.refusals.slice(turnedAway), []);
});

test("a host that learned but did not renew before the old authority went recovers by its key", async (t) => {
  const swarm = await openSwarm(t);
  const { dir, identity } = await swarm.enroll("web-1", 8 * DAY_MS);
  const { newest, old } = await rotate(swarm);
  const authorityPem = newest.certificatePem + old.certificatePem;
  await saveIdentity(dir, { ...identity, authorityPem });
  assert.notEqual(await swarm.authorities.retire(), null);
  const agent = startAgent(dir);
  t.after(() => agent.stop());
  await agent.renewed;
  await until(async () => (await trustIn(dir)).trusted.length === 1);
  assert.equal((await trustIn(dir)).issuer, newest.fingerprint);
});

test("the master shows each client the authority that it asks for, and the old one by default", async (t) => {
  const { identity, newest, old } = await openRotated(t);
  const shown = async (servername: string): Promise<string> => {
    const ca = [newest.certificatePem, old.certificatePem];
    const socket = tls.connect({ ...tlsOf(identity), ca, servername } as tls.ConnectionOptions);
    await once(socket, "secureConnect");
    const issuer = socket.getPeerCertificate(true).issuerCertificate.fingerprint256;
    socket.destroy();
    return issuer.replaceAll(":", "").toLowerCase();
  };
  const name = "master.decnet.internal";
  assert.equal(await shown(name), old.fingerprint);
  assert.equal(await shown(masterNameUnder(old.fingerprint)), old.fingerprint);
  assert.equal(await shown(masterNameUnder(newest.fingerprint)), newest.fingerprint);
});

test("a session is resumed whichever authority was asked for", async (t) => {
  const { identity, newest, old } = await openRotated(t);
  const ca = [newest.certificatePem, old.certificatePem];
  for (const { fingerprint } of [newest, old]) {
    const servername = masterNameUnder(fingerprint);
    const options = { ...tlsOf(identity), ca, servername } as tls.ConnectionOptions;
    const first = tls.connect(options);
    const [session] = (await once(first, "session")) as [Buffer];
    first.destroy();
    const second = tls.connect({ ...options, session });
    await once(second, "secureConnect");
    assert.equal(second.isSessionReused(), true);
    second.destroy();
  }
});

test("once the old authority is retired, its certificates open nothing: not by new, open or resumed connections", async (t) => {
  const { swarm, identity, newest } = await openRotated(t);
  const both = { ca: identity.authorityPem + newest.certificatePem };
  const call = callerOf(t, identity, both);
  const body = heartbeatBody(identity.hostUuid);
  assert.equal((await call("POST", "/swarm/heartbeat", body)).status, 204);
  const socket = tls.connect({ ...tlsOf(identity, both) } as tls.ConnectionOptions);
  const sessions: Buffer[] = [];
  socket.on("session", (session) => sessions.push(session));
  await once(socket, "session");
  const cut = once(socket, "close");
  socket.resume();

  const before = await swarm.store.getHost(identity.hostUuid);
  assert.notEqual(await swarm.authorities.retire(), null);
  await cut;
  await assert.rejects(call("POST", "/swarm/heartbeat", body), "an open connection");
  await assert.rejects(callerOf(t, identity, both)("POST", "/swarm/heartbeat", body), "a new one");
  for (const session of sessions) {
    const resumed = callerOf(t, identity, { ...both, session } as object);
    const answer = await resumed("POST", "/swarm/heartbeat", body).catch(() => null);
    assert.ok(answer === null || answer.status === 403, "a resumed one");
  }
  assert.deepEqual(await swarm.store.getHost(identity.hostUuid), before);
});

test("an agent that is stopped between learning and renewing goes on where it was", async (t) => {
  const { swarm, dir, newest, old } = await openRotated(t);
  const agent = startAgent(dir);
  await until(async () => (await trustIn(dir)).trusted.length === 2);
  await agent.stop();
  const identity = await loadIdentity(dir);
  assert.ok(identity !== null);
  const again = startAgent(dir);
  t.after(() => again.stop());
  await until(async () => (await swarm.store.getHost(identity.hostUuid))?.boot === 2);
  const report = async () =>
    (await swarm.store.listTrust()).find(({ hostUuid }) => hostUuid === identity.hostUuid);
  await until(async () => (await report())?.trusted.length === 2);
  assert.deepEqual(await report(), {
    hostUuid: identity.hostUuid,
    authority: old.fingerprint,
    trusted: [newest.fingerprint, old.fingerprint],
  });
});
