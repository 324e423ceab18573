import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { ApiShard } from "../../src/wire/api/decky.ts";
import type { ApiHost } from "../../src/wire/api/host.ts";
import { logIn, mark, openMasterWithDashboard, openPage } from "./dashboard/browser.ts";
import { decnet, run, startDecnet } from "./decnet.ts";
import { callMaster, listOf } from "./operator.ts";
import { allGone, descendants, isListening } from "./process-tree.ts";
import { openMaster } from "./swarm.ts";
import { temporaryDir } from "./temporary.ts";

/* A real agent in a process of its own, against a real master. */

type MasterAt = { readonly socketPath: string };

/** Enrolls by the command line, and starts the agent. */
async function startAgent(t: TestContext, master: MasterAt, name: string) {
  const dir = await temporaryDir(t);
  const made = await callMaster(master, "POST", "/api/v1/tokens", { hostName: name });
  const { secret } = made.json as { readonly secret: string };
  const enrolled = await decnet(["agent", "enroll", "--data", dir], secret);
  assert.equal(enrolled.code, 0, enrolled.stderr);
  return { dir, ...runAgent(t, dir) };
}

function runAgent(t: TestContext, dir: string) {
  const agent = startDecnet(t, ["agent", "run", "--data", dir]);
  return { agent, pid: agent.process.pid ?? 0 };
}

async function until<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
): Promise<T> {
  const overMs = performance.now() + 30_000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > overMs) throw new Error(`not within 30 s: ${what}`);
    await delay(25);
  }
}

const addDecky = async (master: MasterAt, request: object) => {
  const added = await callMaster(master, "POST", "/api/v1/deckies", request);
  assert.equal(added.status, 201, JSON.stringify(added.json));
};

const shardIn = (master: MasterAt, name: string, state: string) =>
  until(`${name} ${state}`, async () =>
    (await listOf<ApiShard>(master, "/api/v1/shards")).find(
      (shard) => shard.name === name && shard.state === state,
    ),
  );

const hostIn = (master: MasterAt, name: string, state: string) =>
  until(`${name} ${state}`, async () =>
    (await listOf<ApiHost>(master, "/api/v1/hosts?decommissioned=true")).find(
      (host) => host.name === name && host.state === state,
    ),
  );

function portOf(shard: ApiShard, service: string): { readonly ip: string; readonly port: number } {
  const { ip, port } = shard.services[service] ?? {};
  assert.ok(ip !== undefined && port !== undefined, `${service} of ${shard.name} has no port`);
  return { ip, port };
}

async function sshKeys(shard: ApiShard): Promise<string> {
  const { ip, port } = portOf(shard, "ssh");
  const { stdout } = await run("ssh-keyscan", ["-p", String(port), ip]);
  assert.match(stdout, /ssh-ed25519/);
  return stdout
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .toSorted()
    .join("\n");
}

test("an agent killed and started again brings back the same machines, and nothing is lost", async (t) => {
  const master = await openMaster(t, { heartbeatIntervalMs: 1000 });
  const first = await startAgent(t, master, "alpha");
  await addDecky(master, { host: "alpha", name: "gate", services: ["ssh", "redis"] });
  await addDecky(master, { host: "alpha", name: "other", services: ["ssh"] });
  const gate = await shardIn(master, "gate", "running");
  const keys = await sshKeys(gate);
  assert.notEqual(keys, await sshKeys(await shardIn(master, "other", "running")));

  const children = descendants(first.pid);
  first.agent.process.kill("SIGKILL");
  await allGone([first.pid, ...children], 5000);
  await hostIn(master, "alpha", "silent");
  runAgent(t, first.dir);
  const host = await hostIn(master, "alpha", "active");
  assert.equal(host.boot, 2);
  const again = await shardIn(master, "gate", "running");
  assert.deepEqual(portOf(again, "ssh"), portOf(gate, "ssh"));
  assert.equal(await sshKeys(again), keys, "same host keys after a restart");

  const { ip, port } = portOf(again, "redis");
  await run("redis-cli", ["-h", ip, "-p", String(port), "config", "set", "dir", "/root/.ssh"]);
  const event = await until("the command in the feed", async () =>
    (await listOf<{ data: { args?: string[] }; decky: string }>(master, "/api/v1/events")).find(
      ({ data }) => JSON.stringify(data).includes("/root/.ssh"),
    ),
  );
  assert.equal(event.decky, "gate");
});

test("an agent outlives its master's restart, and its deckies go on meanwhile", async (t) => {
  const dir = await temporaryDir(t);
  const first = await openMaster(t, { dataDir: dir, heartbeatIntervalMs: 1000 });
  await startAgent(t, first, "alpha");
  await addDecky(first, { host: "alpha", name: "gate", services: ["redis"] });
  const { ip, port } = portOf(await shardIn(first, "gate", "running"), "redis");
  await first.close();
  const ping = await run("redis-cli", ["-h", ip, "-p", String(port), "ping"]);
  assert.equal(ping.stdout, "PONG\n", "attacked while the master is away");
  const second = await openMaster(t, {
    dataDir: dir,
    heartbeatIntervalMs: 1000,
    agentPlane: { host: "127.0.0.1", port: first.agentPort },
  });
  await until("what happened meanwhile", async () =>
    (await listOf<{ kind: string }>(second, "/api/v1/events")).find(
      ({ kind }) => kind === "redis.command",
    ),
  );
  await hostIn(second, "alpha", "active");
});

test("a decommissioned agent tears down, wipes its key and says so; its neighbor goes on", async (t) => {
  const master = await openMaster(t, { heartbeatIntervalMs: 1000 });
  const gone = await startAgent(t, master, "gone");
  await startAgent(t, master, "neighbor");
  await addDecky(master, { host: "gone", name: "gate", services: ["redis"] });
  await addDecky(master, { host: "neighbor", name: "cache", services: ["redis"] });
  const { ip, port } = portOf(await shardIn(master, "gate", "running"), "redis");
  await shardIn(master, "cache", "running");

  // It listens on nothing but its decky's port.
  const own = [gone.pid, ...descendants(gone.pid)];
  const { stdout } = await run("ss", ["-H", "-ltnup"]);
  const listening = stdout
    .split("\n")
    .filter((line) => own.some((pid) => line.includes(`pid=${pid},`)))
    .map((line) => line.split(/\s+/)[4]);
  assert.deepEqual(listening, [`${ip}:${port}`]);

  const answer = await callMaster(master, "POST", "/api/v1/hosts/gone/decommission", {
    confirmName: "gone",
  });
  assert.equal(answer.status, 204);
  assert.equal(await gone.agent.ended(), 5);
  assert.match(gone.agent.text(), /host decommissioned/);
  assert.equal(await isListening(ip, port), false);
  assert.deepEqual(
    readdirSync(join(gone.dir, "agent")).filter((name) => name !== "agent.lock"),
    [],
  );
  await hostIn(master, "gone", "decommissioned");
  await hostIn(master, "neighbor", "active");
  assert.deepEqual(
    (await listOf<ApiShard>(master, "/api/v1/shards")).map(({ name }) => name),
    ["cache"],
  );
  const again = await decnet(["agent", "run", "--data", gone.dir]);
  assert.match(again.stderr, /not enrolled/);
});

test("a decky killed on its host shows on the open page as degraded in under two seconds", async (t) => {
  const master = await openMasterWithDashboard(t);
  const { pid } = await startAgent(t, master, "alpha");
  await addDecky(master, { host: "alpha", name: "gate", services: ["redis"] });
  await shardIn(master, "gate", "running");
  const page = await openPage(t);
  await page.goto(master.operatorUrl);
  await logIn(page, master);
  await mark(page, "gate", "running").waitFor();
  const decoys = descendants(pid);
  assert.equal(decoys.length, 1);
  const shown = mark(page, "gate", "degraded").waitFor();
  const startedMs = performance.now();
  process.kill(decoys[0] ?? 0, "SIGKILL");
  await shown;
  assert.ok(performance.now() - startedMs < 2000);
  await mark(page, "gate", "running").waitFor();
});
