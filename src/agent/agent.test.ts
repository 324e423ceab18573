import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../domain/clock.ts";
import { DecnetError } from "../domain/errors.ts";
import type { DecoyEvent } from "../domain/event.ts";
import { silentLog } from "../domain/log.ts";
import type { DesiredDecky } from "../wire/desired.ts";
import { type AgentOptions, DESIRED_FILE, runAgent } from "./agent.ts";
import type { Identity } from "./identity.ts";
import type { DeckyStatus, Runtime, RuntimeDeps } from "./runtimes/runtime.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import type { AgentRequest } from "./transport.ts";

const clock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, { ...(signal && { signal }) }),
};

const identity: Identity = {
  hostUuid: "11111111-2222-4333-8444-555555555555",
  hostName: "edge-1",
  agentHost: "127.0.0.1",
  agentPort: 1,
  keyPem: "key",
  certificatePem: "certificate",
  authorityPem: "authority",
};

const decky = (name: string, runtime: DesiredDecky["runtime"] = "loopback"): DesiredDecky => ({
  name,
  archetype: "linux-server",
  distro: null,
  hostname: null,
  ip: "127.0.10.1",
  services: ["ssh"],
  service_config: {},
  runtime,
  created_ms: 1,
  persona_seed: "00".repeat(32),
});

const event: DecoyEvent = {
  event_id: "00000000-0000-7000-8000-000000000001",
  kind: "ssh.command",
  host_uuid: identity.hostUuid,
  decky: "web",
  service: "ssh",
  session: "s",
  src_ip: "192.0.2.1",
  src_port: 4242,
  dst_ip: "127.0.10.1",
  dst_port: 22,
  at: "2026-01-01T00:00:00.000Z",
  data: {},
};

const state = (generation: number, ...deckies: DesiredDecky[]) => ({
  status: 200,
  body: JSON.stringify({ generation, deckies }),
});

function memoryRuntime(deps: RuntimeDeps) {
  const running = new Map<string, DeckyStatus>();
  const runtime: Runtime = {
    async start({ name }) {
      running.set(name, {
        running: true,
        reason: null,
        services: {},
        identity: { hostname: name, distro: "debian-11", baseImage: "d", nmapOs: "linux" },
      });
      deps.onChange();
    },
    stop: async (name) => void running.delete(name),
    status: () => running,
    close: async () => running.clear(),
  };
  return { runtime, running, deps };
}

/** A data directory with the files of an identity, and what it takes to run an agent in it. */
function prepare(
  t: TestContext,
  answer: (request: AgentRequest) => ScriptedAnswer | Promise<ScriptedAnswer>,
) {
  const dataDir = mkdtempSync(join(tmpdir(), "decnet-agent-"));
  t.after(() => rmSync(dataDir, { recursive: true, force: true }));
  for (const name of ["key.pem", "certificate.pem", "authority.pem", "identity.json"]) {
    writeFileSync(join(dataDir, name), "secret");
  }
  const stop = new AbortController();
  const { promise: made, resolve } = Promise.withResolvers<ReturnType<typeof memoryRuntime>>();
  const transport = createScriptedTransport((request) => {
    const reply = answer(request);
    if (request.path !== "/swarm/desired" || !("status" in reply) || reply.status !== 304) {
      return reply;
    }
    // Holds the long poll for as long as the agent runs.
    return clock.sleep(60_000, request.signal).then(() => reply);
  });
  const options: AgentOptions = {
    dataDir,
    identity,
    runtimes: (deps) => {
      const memory = memoryRuntime(deps);
      resolve(memory);
      return { loopback: memory.runtime };
    },
    clock,
    log: silentLog,
    version: "0.1.0",
    random: () => 0,
    transport,
    signal: stop.signal,
  };
  return { dataDir, stop, options, transport, made };
}

/** Resolves with the first request that `wanted` is true of. */
function awaitRequest() {
  const { promise, resolve } = Promise.withResolvers<AgentRequest>();
  return { promise, resolve };
}

test("runAgent() runs what the master wants, reports it at once, ships events, and stops all on the signal", async (t) => {
  const running = awaitRequest();
  const shipped = awaitRequest();
  let asked = 0;
  const { stop, options, transport, made, dataDir } = prepare(t, (request) => {
    if (request.path === "/swarm/desired") {
      asked += 1;
      return asked === 1 ? state(1, decky("web"), decky("away", "netns")) : { status: 304 };
    }
    if (request.path === "/swarm/heartbeat") {
      const failed =
        '"away":{"running":false,"reason":"this host has no netns runtime","failed":true';
      const whole =
        request.body?.includes('"web":{"running":true') && request.body.includes(failed);
      if (whole) running.resolve(request);
      return { status: 204 };
    }
    if (request.path === "/swarm/events") {
      shipped.resolve(request);
      return { status: 200, body: '{"stored":1,"duplicates":0,"refused":[]}' };
    }
    return { status: 204 };
  });
  const exit = runAgent({ ...options, leave: true });
  const startedMs = Date.now();
  const { headers } = await running.promise;
  assert.equal(headers?.["decnet-boot"], "1");
  const memory = await made;
  memory.deps.emit(event);
  assert.equal((await shipped.promise).body, JSON.stringify({ events: [event] }));
  assert.ok(Date.now() - startedMs < 5_000, "without waiting for a regular beat");
  const resources = process.getActiveResourcesInfo();
  assert.ok(!resources.includes("TCPServerWrap"), "the agent listens nowhere");
  stop.abort();
  assert.deepEqual(await exit, { kind: "stopped" });
  assert.equal(memory.running.size, 0);
  assert.equal(transport.requests.at(-1)?.path, "/swarm/leave");
  assert.ok(existsSync(join(dataDir, "key.pem")), "stopping wipes nothing");
});

test("runAgent() brings its deckies up from the saved state while the master is away", async (t) => {
  const first = awaitRequest();
  const { stop, options, made, dataDir } = prepare(t, (request) => {
    if (request.path === "/swarm/heartbeat") first.resolve(request);
    throw new DecnetError("master-unreachable", "refused");
  });
  writeFileSync(join(dataDir, DESIRED_FILE), state(4, decky("web")).body);
  const { promise: up, resolve } = Promise.withResolvers<void>();
  const exit = runAgent({
    ...options,
    runtimes: async (deps) => {
      const runtimes = await options.runtimes({
        ...deps,
        onChange: () => {
          deps.onChange();
          resolve();
        },
      });
      return runtimes;
    },
  });
  await up;
  assert.deepEqual([...(await made).running.keys()], ["web"]);
  assert.match((await first.promise).body ?? "", /"deckies":\[\{"name":"web"/);
  stop.abort();
  assert.deepEqual(await exit, { kind: "stopped" });
});

test("runAgent() counts its starts across restarts", async (t) => {
  const boots: (string | undefined)[] = [];
  for (const again of [false, true]) {
    const beat = awaitRequest();
    const { stop, options, dataDir } = prepare(t, (request) => {
      if (request.path === "/swarm/heartbeat") beat.resolve(request);
      return { status: request.path === "/swarm/desired" ? 304 : 204 };
    });
    if (again) writeFileSync(join(dataDir, "boot"), "1\n");
    const exit = runAgent(options);
    boots.push((await beat.promise).headers?.["decnet-boot"]);
    stop.abort();
    await exit;
  }
  assert.deepEqual(boots, ["1", "2"]);
});

test("runAgent() tears down and wipes key and state when the master says that it is decommissioned", async (t) => {
  const { options, made, dataDir } = prepare(t, (request) =>
    request.path === "/swarm/heartbeat"
      ? { status: 403, headers: { "decnet-error": "host-decommissioned" } }
      : { status: 304 },
  );
  writeFileSync(join(dataDir, DESIRED_FILE), state(4, decky("web")).body);
  assert.deepEqual(await runAgent(options), { kind: "decommissioned" });
  assert.equal((await made).running.size, 0);
  assert.deepEqual(readdirSync(dataDir), ["agent.lock"]);
  assert.equal(readFileSync(join(dataDir, "agent.lock")).length, 0);
});

test("runAgent() wipes the key also when a runtime fails to stop", async (t) => {
  const { options, dataDir } = prepare(t, () => ({
    status: 403,
    body: '{"detail":"host decommissioned"}',
  }));
  const exit = await runAgent({
    ...options,
    runtimes: (deps) => ({
      loopback: { ...memoryRuntime(deps).runtime, close: () => Promise.reject(new Error("stuck")) },
    }),
  });
  assert.deepEqual(exit, { kind: "decommissioned" });
  assert.equal(existsSync(join(dataDir, "key.pem")), false);
});

test("runAgent() refuses a data directory that another agent has, and touches nothing in it", async (t) => {
  const beat = awaitRequest();
  const { stop, options, dataDir } = prepare(t, (request) => {
    if (request.path === "/swarm/heartbeat") beat.resolve(request);
    return { status: request.path === "/swarm/desired" ? 304 : 204 };
  });
  const exit = runAgent(options);
  await beat.promise;
  await assert.rejects(
    runAgent(options),
    (error) => error instanceof DecnetError && error.code === "data-in-use",
  );
  assert.equal(readFileSync(join(dataDir, "boot"), "utf8"), "1\n");
  stop.abort();
  await exit;
});

test("runAgent() says that a data directory is unusable where it cannot be made", async (t) => {
  const { options, dataDir } = prepare(t, () => ({ status: 204 }));
  await assert.rejects(
    runAgent({ ...options, dataDir: join(dataDir, "key.pem", "below") }),
    (error) => error instanceof DecnetError && error.code === "data-unusable",
  );
});
