import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { eventsBody, renewedBy } from "./requests.ts";
import { type Scene, setScene } from "./scene.ts";
import { openSocket, requestBytes } from "./wire.ts";

const BEAT = "/swarm/heartbeat";
const GONE = "403 host-decommissioned";
const TRACES = {
  alarms: ["decommissioned-certificate alpha 127.0.0.1"],
  audit: ["host.decommission ok null"],
};

const decommission = ({ master }: Scene) =>
  callMaster(master, "POST", "/api/v1/hosts/alpha/decommission", { confirmName: "alpha" });

/** Alpha with a decky, and a host beside it that stays. */
async function setFleet(scene: Scene, t: Parameters<typeof enrollHost>[0]) {
  const alpha = await enrollHost(t, scene.master, "alpha");
  const beta = await enrollHost(t, scene.master, "beta");
  for (const host of [alpha, beta]) {
    const body = heartbeatBody(host.hostUuid, [`gate-of-${host.hostName}`]);
    assert.equal((await callerOf(t, host)("POST", BEAT, body)).status, 204);
  }
  return alpha;
}

async function assertBuried({ master }: Scene, deadMs: number) {
  const shards = await listOf<ApiShard>(master, "/api/v1/shards");
  assert.deepEqual(
    shards.map(({ name }) => name),
    ["gate-of-beta"],
  );
  assert.deepEqual(await listOf(master, "/api/v1/events"), []);
  const hosts = await listOf<ApiHost>(master, "/api/v1/hosts?decommissioned=true");
  const alpha = hosts.find(({ name }) => name === "alpha");
  assert.equal(alpha?.state, "decommissioned");
  assert.ok((alpha.lastSeenMs ?? 0) <= deadMs, "not seen since");
}

test("a decommissioned host on an open socket hears why, writes nothing, and is cut within a second", async (t) => {
  const scene = await setScene(t);
  const alpha = await setFleet(scene, t);
  const socket = await openSocket(alpha);
  t.after(socket.end);
  socket.write(requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["gate-of-alpha"])));
  assert.deepEqual(await socket.untilAnswers(1), ["204"]);
  const before = await scene.snapshot();
  const startedMs = performance.now();
  await decommission(scene);
  const deadMs = Date.now();
  socket.write(requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["ghost"])));
  assert.deepEqual(await socket.untilAnswers(2), ["204", GONE]);
  socket.write(requestBytes("POST", "/swarm/events", eventsBody(alpha.hostUuid, "gate-of-alpha")));
  await socket.closed;
  assert.ok(performance.now() - startedMs < 1000);
  assert.deepEqual(new Set(socket.answers().slice(1)), new Set([GONE]));
  await scene.assertTraces(before, {
    ...TRACES,
    refused: { "host-decommissioned": 1 },
    except: [alpha.hostUuid],
  });
  assert.ok(scene.log.some((line) => line.startsWith("connections cut")));
  await assertBuried(scene, deadMs);
});

test("a decommissioned host's pipelined requests are each refused, also one that was half sent", async (t) => {
  const scene = await setScene(t);
  const alpha = await setFleet(scene, t);
  const socket = await openSocket(alpha);
  t.after(socket.end);
  const before = await scene.snapshot();
  const poll = requestBytes("GET", "/swarm/desired", "", ['if-none-match: "0"', "prefer: wait=30"]);
  const beat = requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["ghost"]));
  const half = beat.length - 20;
  socket.write(poll + beat.slice(0, half));
  // Once the master answers another, it has read what was sent before.
  assert.equal((await callerOf(t, alpha)("GET", "/swarm/desired")).status, 200);
  await decommission(scene);
  const deadMs = Date.now();
  const events = requestBytes("POST", "/swarm/events", eventsBody(alpha.hostUuid, "gate-of-alpha"));
  socket.write(beat.slice(half) + events + beat);
  assert.deepEqual(await socket.untilAnswers(4), [GONE, GONE, GONE, GONE]);
  await socket.closed;
  await scene.assertTraces(before, {
    ...TRACES,
    refused: { "host-decommissioned": 4 },
    except: [alpha.hostUuid],
  });
  await assertBuried(scene, deadMs);
});

test("a decommissioned host that resumes its TLS session gets nothing, on no route", async (t) => {
  const scene = await setScene(t);
  const alpha = await setFleet(scene, t);
  const first = await openSocket(alpha);
  first.write(requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["gate-of-alpha"])));
  assert.deepEqual(await first.untilAnswers(1), ["204"]);
  const ticket = first.ticket() ?? assert.fail("resumption is on");
  const before = await scene.snapshot();
  await decommission(scene);
  const deadMs = Date.now();
  await first.closed;
  const buried = await scene.snapshot();
  const sent = [
    requestBytes("POST", BEAT, heartbeatBody(alpha.hostUuid, ["ghost"])),
    requestBytes("POST", "/swarm/events", eventsBody(alpha.hostUuid, "gate-of-alpha")),
    requestBytes("GET", "/swarm/desired"),
    requestBytes("POST", "/swarm/leave"),
  ];
  const resumed = await openSocket(alpha, ticket);
  t.after(resumed.end);
  assert.equal(resumed.isResumed, true);
  resumed.write(sent.join(""));
  assert.deepEqual(
    await resumed.untilAnswers(sent.length),
    sent.map(() => GONE),
  );
  await assert.rejects(renewedBy(callerOf(t, alpha), alpha), /host decommissioned/);
  const refused = { "host-decommissioned": 5 };
  await scene.assertTraces(before, { ...TRACES, refused, except: [alpha.hostUuid] });
  const { rows } = await scene.snapshot();
  assert.deepEqual(rows, buried.rows, "not even of its own");
  await assertBuried(scene, deadMs);
});
