import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { accepted, copyOf, INTERVAL_MS, quarantined, startCopy } from "../clone/copy.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";
import { eventsBody, renewedBy } from "./requests.ts";
import { setScene } from "./scene.ts";

const BEAT = "/swarm/heartbeat";

test("a stolen key that beats beside its agent brings the host into quarantine, and says so", async (t) => {
  const scene = await setScene(t, { heartbeatIntervalMs: INTERVAL_MS });
  const { master } = scene;
  const dir = join(await temporaryDir(t), "agent");
  const alpha = await enrollHost(t, master, "alpha", dir);
  await enrollHost(t, master, "beta");
  const agent = await startCopy(t, dir);
  await agent.until(accepted(2));
  const before = await scene.snapshot();

  const thief = callerOf(t, alpha);
  const first = await thief("POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"]));
  assert.equal(first.status, 204, "one beat alone may be a restart");
  await agent.until(quarantined);
  const cut = callerOf(t, alpha);
  const second = await cut("POST", BEAT, heartbeatBody(alpha.hostUuid, ["more"]));
  assert.deepEqual(
    [second.status, second.headers["decnet-error"]],
    [403, "host-quarantined"],
    second.text,
  );
  for (const [method, path, body] of [
    ["POST", "/swarm/events", eventsBody(alpha.hostUuid, "planted")],
    ["GET", "/swarm/desired", ""],
    ["POST", "/swarm/leave", ""],
  ] as const) {
    assert.equal((await callerOf(t, alpha)(method, path, body)).status, 403, path);
  }
  await agent.stop();

  await scene.assertTraces(before, {
    refused: { "host-quarantined": 5 },
    alarms: ["clone alpha 127.0.0.1", "restored alpha 127.0.0.1"],
    audit: ["host.quarantine ok 127.0.0.1"],
    except: [alpha.hostUuid],
  });
  const shards = await listOf<ApiShard>(master, "/api/v1/shards");
  assert.deepEqual(
    shards.map(({ name }) => name),
    ["planted"],
    "of the one beat that was accepted",
  );
  assert.deepEqual(await listOf(master, "/api/v1/events"), []);
});

test("a cloned disk that is started beside its original brings the host into quarantine, and says so", async (t) => {
  const scene = await setScene(t, { heartbeatIntervalMs: INTERVAL_MS });
  const { master } = scene;
  const dir = join(await temporaryDir(t), "agent");
  const alpha = await enrollHost(t, master, "alpha", dir);
  await enrollHost(t, master, "beta");
  const original = await startCopy(t, dir);
  await original.until(accepted(2));
  const before = await scene.snapshot();
  const copy = await startCopy(t, await copyOf(t, dir));
  await Promise.all([original.until(quarantined), copy.until(quarantined)]);
  await Promise.all([original.stop(), copy.stop()]);
  // Who is slow answers a beat that the other made stale with a newer boot first.
  const isStale = [...original.beats, ...copy.beats].includes("heartbeat-stale");
  // What the first beat of the copy looks like, before there is a second of the original.
  const alarms = await listOf<ApiAlarm>(master, "/api/v1/alarms");
  const isRestored = alarms.some(({ kind }) => kind === "restored");
  await scene.assertTraces(before, {
    refused: { "host-quarantined": 2, ...(isStale && { "heartbeat-stale": 1 }) },
    alarms: ["clone alpha 127.0.0.1", ...(isRestored ? ["restored alpha 127.0.0.1"] : [])],
    audit: ["host.quarantine ok 127.0.0.1"],
    except: [alpha.hostUuid],
  });
  const host = (await callMaster(master, "GET", "/api/v1/hosts/alpha")).json as ApiHost;
  assert.equal(host.state, "quarantined");
});

test("a stolen key that its host gave up since gets nothing, on no route, and is an alarm", async (t) => {
  const scene = await setScene(t);
  const alpha = await enrollHost(t, scene.master, "alpha");
  const renewed = await renewedBy(callerOf(t, alpha), alpha);
  const body = heartbeatBody(alpha.hostUuid, ["gate"]);
  assert.equal((await callerOf(t, renewed)("POST", BEAT, body)).status, 204);
  const before = await scene.snapshot();

  const thief = callerOf(t, alpha);
  const unknown = "00000000-0000-4000-8000-000000000000";
  for (const [method, path, sent] of [
    ["POST", BEAT, heartbeatBody(unknown, ["planted"])],
    ["POST", BEAT, heartbeatBody(alpha.hostUuid, ["planted"])],
    ["POST", "/swarm/events", eventsBody(alpha.hostUuid, "gate")],
    ["GET", "/swarm/desired", ""],
    ["POST", "/swarm/leave", ""],
  ] as const) {
    const answer = await thief(method, path, sent);
    assert.ok(answer.status === 403 || sent.includes(unknown), `${path} ${answer.status}`);
  }
  await assert.rejects(renewedBy(thief, alpha), /403/);
  await scene.assertTraces(before, {
    refused: { "host-unknown": 1, "certificate-mismatch": 5 },
    alarms: ["retired-certificate alpha 127.0.0.1"],
  });
});

test("a stolen key that is used for a renewal locks its agent out, which is an alarm", async (t) => {
  const scene = await setScene(t);
  const { master } = scene;
  const alpha = await enrollHost(t, master, "alpha");
  const agent = callerOf(t, alpha);
  assert.equal((await agent("POST", BEAT, heartbeatBody(alpha.hostUuid))).status, 204);
  const before = await scene.snapshot();

  const thief = await renewedBy(callerOf(t, alpha), alpha);
  assert.equal((await callerOf(t, thief)("GET", "/swarm/desired")).status, 200);
  const refused = await agent("POST", BEAT, heartbeatBody(alpha.hostUuid, ["gate"]));
  assert.deepEqual([refused.status, refused.text], [403, '{"detail":"cert fingerprint mismatch"}']);
  await scene.assertTraces(before, {
    refused: { "certificate-mismatch": 1 },
    alarms: ["retired-certificate alpha 127.0.0.1"],
    audit: ["host.renew ok 127.0.0.1"],
    except: [alpha.hostUuid],
  });
  assert.deepEqual(await listOf(master, "/api/v1/shards"), []);

  await callMaster(master, "POST", "/api/v1/hosts/alpha/decommission", { confirmName: "alpha" });
  const gone = await callerOf(t, thief)("POST", BEAT, heartbeatBody(alpha.hostUuid));
  assert.equal(gone.headers["decnet-error"], "host-decommissioned", "the operator's way out");
});

test("a stolen key that renews, and beats for its host from then on, ends in quarantine too", async (t) => {
  const scene = await setScene(t, { heartbeatIntervalMs: INTERVAL_MS });
  const dir = join(await temporaryDir(t), "agent");
  const alpha = await enrollHost(t, scene.master, "alpha", dir);
  const agent = await startCopy(t, dir);
  await agent.until(accepted(2));
  const before = await scene.snapshot();
  const thief = callerOf(t, await renewedBy(callerOf(t, alpha), alpha));
  const planted = heartbeatBody(alpha.hostUuid, ["planted"]);
  assert.equal((await thief("POST", BEAT, planted)).status, 204);
  await agent.until(quarantined);
  await agent.stop();
  const refused = await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid));
  assert.equal(refused.status, 403, "nor does the agent get anything");
  await scene.assertTraces(before, {
    refused: { "host-quarantined": 1, "certificate-mismatch": 1 },
    alarms: ["clone", "restored", "retired-certificate"].map((kind) => `${kind} alpha 127.0.0.1`),
    audit: ["host.renew ok 127.0.0.1", "host.quarantine ok 127.0.0.1"],
    except: [alpha.hostUuid],
  });
});
