import assert from "node:assert/strict";
import { test } from "node:test";
import type { DesiredDecky } from "../wire/desired.ts";
import { reconcile } from "./reconcile.ts";

const decky = (name: string, ip = "127.0.10.1"): DesiredDecky => ({
  name,
  archetype: "linux-server",
  distro: null,
  hostname: null,
  ip,
  services: ["ssh"],
  service_config: { ssh: { banner: "x" } },
  runtime: "loopback",
  created_ms: 1,
  persona_seed: "00".repeat(32),
});
const running = (...deckies: DesiredDecky[]) => new Map(deckies.map((each) => [each.name, each]));
const plan = (...args: Parameters<typeof reconcile>) =>
  reconcile(...args).map(({ kind, decky }) => `${kind} ${decky.name}`);
const none: ReadonlySet<string> = new Set();

test("reconcile() has nothing to do when exactly what is desired runs", () => {
  assert.deepEqual(plan([decky("a"), decky("b")], running(decky("b"), decky("a")), none), []);
});

test("reconcile() stops first, then restarts what changed, then starts, each by name", () => {
  const actions = plan(
    [decky("new-b"), decky("changed", "127.0.10.9"), decky("new-a"), decky("same")],
    running(decky("same"), decky("gone-b"), decky("changed"), decky("gone-a")),
    none,
  );
  assert.deepEqual(actions, [
    "stop gone-a",
    "stop gone-b",
    "restart changed",
    "start new-a",
    "start new-b",
  ]);
});

test("reconcile() restarts a decky as it should be, for a change however deep", () => {
  const changed = { ...decky("a"), service_config: { ssh: { banner: "y" } } };
  assert.deepEqual(reconcile([changed], running(decky("a")), none), [
    { kind: "restart", decky: changed },
  ]);
});

test("reconcile() starts what runs only in part, unless it is to change or go anyway", () => {
  const degraded = new Set(["part", "changed", "gone"]);
  const actions = plan(
    [decky("part"), decky("changed", "127.0.10.9")],
    running(decky("part"), decky("changed"), decky("gone")),
    degraded,
  );
  assert.deepEqual(actions, ["stop gone", "restart changed", "start part"]);
});
