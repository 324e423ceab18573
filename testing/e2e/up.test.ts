import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { decnet, run, startDecnet } from "./decnet.ts";
import { allGone, descendants, isListening } from "./process-tree.ts";
import { temporaryDir } from "./temporary.ts";

const ANY_PORTS = ["--agent-port", "0", "--enrollment-port", "0", "--operator-port", "0"];
const UP_AND_WATCHING = /^Attacks, as they come/;
const GONE_WITHIN_MS = 10_000;

interface Listed {
  readonly name: string;
  readonly hostUuid: string;
  readonly state: string;
  readonly services: Readonly<Record<string, { readonly ip: string; readonly port: number }>>;
}

async function deckiesOf(dir: string): Promise<readonly Listed[]> {
  const { code, stdout, stderr } = await decnet(["decky", "list", "--json", "--data", dir]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as readonly Listed[];
}

/** Everything that `up` and its children listen on. */
async function endpointsOf(
  dir: string,
  shown: string,
): Promise<readonly (readonly [string, number])[]> {
  const { stdout } = await decnet(["status", "--json", "--data", dir]);
  const { agentPlane, enrollment } = JSON.parse(stdout) as Record<
    "agentPlane" | "enrollment",
    { port: number }
  >;
  const dashboard = /http:\/\/127\.0\.0\.1:(\d+)/.exec(shown)?.[1];
  const services = (await deckiesOf(dir)).flatMap(({ services }) => Object.values(services));
  return [
    ["127.0.0.1", agentPlane.port],
    ["127.0.0.1", enrollment.port],
    ["127.0.0.1", Number(dashboard)],
    ...services.map(({ ip, port }) => [ip, port] as const),
  ];
}

/** The words of a line that `up` shows as one to try. */
function tried(shown: string, program: string): string[] {
  const line = shown.split("\n").find((line) => line.trim().startsWith(`${program} `));
  assert.ok(line, `no ${program} among the commands to try:\n${shown}`);
  return line.trim().split(/\s+/);
}

test("decnet up shows a fleet that can be attacked, ends by Ctrl-C, and keeps its data", async (t) => {
  const dir = await temporaryDir(t);
  const up = startDecnet(t, ["up", "--data", dir, ...ANY_PORTS]);
  await up.line(UP_AND_WATCHING);
  const shown = up.text();
  assert.match(shown, /^dashboard +http:\/\/127\.0\.0\.1:\d+/m);
  assert.match(shown, /^login +admin \/ \S{8,}/m);
  const deckies = await deckiesOf(dir);
  assert.deepEqual(
    deckies.map(({ name, state }) => `${name} ${state}`),
    ["app-1", "cache-1", "camera-1", "gateway-1", "www-1"].map((name) => `${name} running`),
  );

  const tail = startDecnet(t, ["events", "tail", "--json", "--data", dir]);
  const [, , sshPort = "", target = "", , user = "", , password = ""] = tried(shown, "ssh");
  assert.ok(target.startsWith(`${user}@`));
  const options = ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"];
  const ssh = await run("sshpass", [
    "-p",
    password,
    "ssh",
    ...options,
    "-p",
    sshPort,
    target,
    "uname",
  ]);
  assert.equal(ssh.stdout, "Linux\n", ssh.stderr);
  const curl = await run("curl", ["-sS", ...tried(shown, "curl").slice(1)]);
  assert.match(curl.stdout, /^HTTP\/1\.1 /, curl.stderr);
  const redis = await run("redis-cli", tried(shown, "redis-cli").slice(1));
  assert.match(redis.stdout, /redis_version|NOAUTH/, redis.stderr);

  const login = JSON.parse(await tail.line(/"ssh\.login\.attempt"/)) as { data: { user: string } };
  assert.equal(login.data.user, user);
  await tail.line(/"http\.request"/);
  await tail.line(/"redis\.command"/);
  await up.line(/ssh\.login\.attempt/);
  tail.process.kill("SIGINT");
  assert.equal(await tail.ended(), 0);

  const endpoints = await endpointsOf(dir, shown);
  for (const [host, port] of endpoints) assert.ok(await isListening(host, port), `${host}:${port}`);
  const children = descendants(up.process.pid ?? 0);
  assert.ok(children.length >= 3, "master, agent and decoy process");
  up.process.kill("SIGINT");
  assert.equal(await up.ended(), 0, up.text());
  await allGone(children, 0);
  for (const [host, port] of endpoints) {
    assert.equal(await isListening(host, port), false, `${host}:${port}`);
  }

  const again = startDecnet(t, ["up", "--data", dir, ...ANY_PORTS]);
  await again.line(UP_AND_WATCHING);
  assert.match(again.text(), /^login +as before/m);
  const kept = await deckiesOf(dir);
  assert.deepEqual(
    kept.map(({ name, hostUuid }) => [name, hostUuid]),
    deckies.map(({ name, hostUuid }) => [name, hostUuid]),
  );
  const events = await decnet([
    "events",
    "tail",
    "--no-follow",
    "--last",
    "100",
    "--json",
    "--data",
    dir,
  ]);
  assert.match(events.stdout, /"ssh\.login\.attempt"/);

  const other = await decnet(["up", "--data", dir, ...ANY_PORTS]);
  assert.equal(other.code, 7);
  assert.match(other.stderr, /data directory is in use by another process/);

  const orphans = descendants(again.process.pid ?? 0);
  again.process.kill("SIGKILL");
  await again.ended();
  await allGone(orphans, GONE_WITHIN_MS);
});

test("decnet up names the flag of a port that is taken, and leaves nothing running", async (t) => {
  const dir = await temporaryDir(t);
  const squatter = createServer();
  await once(squatter.listen(0, "127.0.0.1"), "listening");
  t.after(() => squatter.close());
  const address = squatter.address();
  assert.ok(typeof address === "object" && address !== null);
  const port = `${address.port}`;
  const ports = ["--agent-port", "0", "--enrollment-port", port, "--operator-port", "0"];
  const up = startDecnet(t, ["up", "--data", dir, ...ports]);
  const fault = await up.line(/^error:/);
  assert.match(fault, new RegExp(`port in use: .*:${port}; --enrollment-port chooses another`));
  assert.equal(await up.ended(), 7);
  const left = await run("pgrep", ["--full", "--list-full", dir]);
  assert.equal(left.stdout, "");
});
