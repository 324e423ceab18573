import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { connect } from "node:tls";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { callMaster, listOf } from "../operator.ts";
import { callerOf, deckyConfig, enrollHost, heartbeatBody, openMaster, tlsOf } from "../swarm.ts";

const BEAT = "/swarm/heartbeat";

async function decommission(master: { socketPath: string }, uuid: string, name: string) {
  return callMaster(master, "POST", `/api/v1/hosts/${uuid}/decommission`, { confirmName: name });
}

test("P1: heartbeats that race a decommission leave no ghost", async (t) => {
  const master = await openMaster(t);
  for (let round = 0; round < 10; round += 1) {
    const name = `racer-${round}`;
    const racer = await enrollHost(t, master, name);
    const callers = Array.from({ length: 4 }, () => callerOf(t, racer));
    await callers[0]?.("POST", BEAT, heartbeatBody(racer.hostUuid));
    const beats = callers.map((call, n) =>
      call("POST", BEAT, heartbeatBody(racer.hostUuid, [`${name}-${n}`])).catch(() => null),
    );
    const [gone] = await Promise.all([decommission(master, racer.hostUuid, name), ...beats]);
    assert.equal(gone.status, 204);
  }
  assert.deepEqual(await listOf(master, "/api/v1/shards"), []);
  const hosts = await listOf<ApiHost>(master, "/api/v1/hosts?decommissioned=true");
  assert.ok(hosts.length === 10 && hosts.every(({ state }) => state === "decommissioned"));
});

test("P2: a host cannot take over another host's shard", async (t) => {
  const master = await openMaster(t);
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid, ["shared"]));
  const theft = JSON.stringify({
    host_uuid: beta.hostUuid,
    status: {
      deployed: true,
      deckies: [{ ...deckyConfig("shared"), host_uuid: alpha.hostUuid, ip: "127.66.6.6" }],
      runtime: { shared: { running: true } },
    },
  });
  assert.equal((await callerOf(t, beta)("POST", BEAT, theft)).status, 204);
  const [shard] = await listOf<ApiShard>(master, "/api/v1/shards");
  assert.equal(shard?.hostUuid, alpha.hostUuid);
  assert.equal(shard.config?.["ip"], "127.99.0.1");
  const [problem] = await listOf<{ kind: string; hostUuid: string }>(master, "/api/v1/problems");
  assert.deepEqual([problem?.kind, problem?.hostUuid], ["conflict", beta.hostUuid]);
});

test("P3: a decommissioned host's open connections are cut within a second", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const idle = connect(tlsOf(alpha) as never);
  await once(idle, "secureConnect");
  const call = callerOf(t, alpha);
  await call("POST", BEAT, heartbeatBody(alpha.hostUuid));
  const poll = callerOf(t, alpha)("GET", "/swarm/desired", "", {
    "if-none-match": '"0"',
    prefer: "wait=30",
  });
  const closed = once(idle, "close");
  const startedMs = performance.now();
  await decommission(master, alpha.hostUuid, "alpha");
  const answer = await poll;
  assert.deepEqual(
    [answer.status, answer.text],
    [403, '{"detail":"host decommissioned"}'],
    "who waits is told why",
  );
  await closed;
  assert.ok(performance.now() - startedMs < 1000);
  const again = await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid));
  assert.deepEqual([again.status, again.text], [403, '{"detail":"host decommissioned"}']);
});

test("P5: a late heartbeat on another connection does not undo a newer one", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const [one, two] = [callerOf(t, alpha), callerOf(t, alpha)];
  const place = (sequence: number) => ({
    "decnet-boot": "3",
    "decnet-sequence": String(sequence),
  });
  await one("POST", BEAT, heartbeatBody(alpha.hostUuid, ["new"]), place(2));
  const late = await two("POST", BEAT, heartbeatBody(alpha.hostUuid, ["old"]), place(1));
  assert.equal(late.status, 409);
  assert.equal(late.headers["decnet-error"], "heartbeat-stale");
  assert.equal(late.headers["decnet-boot"], "3");
  const shards = await listOf<ApiShard>(master, "/api/v1/shards");
  assert.deepEqual(
    shards.map(({ name }) => name),
    ["new"],
  );
});

test("P9: the agent's clock is measured and shown, and decides nothing", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const year = 365 * 86_400_000;
  const beforeMs = Date.now();
  await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid), {
    "decnet-sent-ms": String(Date.now() - year),
  });
  const [host] = await listOf<ApiHost>(master, "/api/v1/hosts");
  assert.ok((host?.lastSeenMs ?? 0) >= beforeMs);
  assert.ok(Math.abs((host?.clockSkewMs ?? 0) + year) < 10_000);
});

test("GET /swarm/desired waits for a change, and answers it whole", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  const empty = await call("GET", "/swarm/desired");
  assert.deepEqual(
    [empty.status, empty.headers["etag"], JSON.parse(empty.text)],
    [200, '"0"', { generation: 0, deckies: [] }],
  );
  const same = await call("GET", "/swarm/desired", "", { "if-none-match": '"0"' });
  assert.equal(same.status, 304);
  const poll = call("GET", "/swarm/desired", "", { "if-none-match": '"0"', prefer: "wait=30" });
  const added = await callMaster(master, "POST", "/api/v1/deckies", {
    host: "alpha",
    name: "web-1",
  });
  assert.equal(added.status, 201, JSON.stringify(added.json));
  const answer = await poll;
  assert.equal(answer.headers["etag"], '"1"');
  const [decky] = (JSON.parse(answer.text) as { deckies: { name: string; persona_seed: string }[] })
    .deckies;
  assert.equal(decky?.name, "web-1");
  assert.match(decky.persona_seed, /^[0-9a-f]{64}$/);
});

test("POST /swarm/events stores once what comes twice, and answers for each", async (t) => {
  const master = await openMaster(t);
  const [alpha, beta] = [await enrollHost(t, master, "alpha"), await enrollHost(t, master, "beta")];
  await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid, ["d1"]));
  const event = (n: number, over: object = {}) => ({
    event_id: `01900000-0000-7000-8000-00000000000${n}`,
    kind: "ssh.login.attempt",
    host_uuid: alpha.hostUuid,
    decky: "d1",
    service: "ssh",
    session: "s",
    src_ip: "127.0.0.1",
    src_port: 5,
    dst_ip: "127.99.0.1",
    dst_port: 22,
    at: new Date().toISOString(),
    data: { user: "root" },
    ...over,
  });
  const call = callerOf(t, alpha);
  const send = async (events: unknown[]) => {
    const answer = await call("POST", "/swarm/events", JSON.stringify({ events }));
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse(answer.text) as unknown;
  };
  assert.deepEqual(await send([event(1)]), { stored: 1, duplicates: 0, refused: [] });
  assert.deepEqual(
    await send([event(1), event(2), event(3, { host_uuid: beta.hostUuid }), { junk: true }]),
    { stored: 1, duplicates: 1, refused: ["#3", event(3).event_id] },
  );
  assert.equal((await call("POST", "/swarm/events", '{"events":[]}')).status, 422);
  assert.equal((await call("POST", "/swarm/events", "nope")).status, 400);
  const theft = await callerOf(t, beta)(
    "POST",
    "/swarm/events",
    JSON.stringify({ events: [event(4, { host_uuid: beta.hostUuid })] }),
  );
  assert.deepEqual(JSON.parse(theft.text), {
    stored: 0,
    duplicates: 0,
    refused: [event(4).event_id],
  });
});

test("POST /swarm/leave shows the host as silent at once", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  await call("POST", BEAT, heartbeatBody(alpha.hostUuid, ["d1"]));
  assert.equal((await call("POST", "/swarm/leave")).status, 204);
  const [host] = await listOf<ApiHost>(master, "/api/v1/hosts");
  assert.equal(host?.state, "silent");
});

test("events that an agent dropped are shown to operators", async (t) => {
  const master = await openMaster(t);
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  const { status, ...host } = JSON.parse(heartbeatBody(alpha.hostUuid)) as { status: object };
  for (const events_dropped of [2, 5]) {
    const body = JSON.stringify({ ...host, status: { ...status, events_dropped } });
    assert.equal((await call("POST", "/swarm/heartbeat", body)).status, 204);
  }
  const alarms = await listOf<{ kind: string; count: number }>(master, "/api/v1/alarms");
  assert.deepEqual(
    alarms.map(({ kind, count }) => `${kind} ${count}`),
    ["events-dropped 5"],
  );
});
