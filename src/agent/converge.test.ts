import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import type { DesiredDecky } from "../wire/desired.ts";
import { createConvergence } from "./converge.ts";
import type { DeckyStatus, Runtime } from "./runtimes/runtime.ts";

const decky = (name: string, ip = "127.0.10.1"): DesiredDecky => ({
  name,
  archetype: "linux-server",
  distro: null,
  hostname: null,
  ip,
  services: ["ssh"],
  service_config: {},
  runtime: "loopback",
  created_ms: 1,
  persona_seed: "00".repeat(32),
});

/** A runtime in memory: `broken` names fail to start, `partial` ones run degraded, each start takes a second. */
function start(options: { takesMs?: number } = {}) {
  const clock = createVirtualClock(0);
  const done: string[] = [];
  const broken = new Set<string>();
  const partial = new Set<string>();
  const stuck = new Set<string>();
  const running = new Map<string, DesiredDecky>();
  const statusOf = (name: string): DeckyStatus => ({
    running: !partial.has(name),
    reason: partial.has(name) ? "ssh: port taken" : null,
    services: {},
    identity: {
      hostname: name,
      distro: "debian-11",
      baseImage: "debian:bullseye",
      nmapOs: "linux",
    },
  });
  const runtime: Runtime = {
    async start(decky) {
      await clock.sleep(options.takesMs ?? 0);
      done.push(`${clock.nowMs()} start ${decky.name} ${decky.ip}`);
      if (broken.has(decky.name)) throw new Error("no such service");
      running.set(decky.name, decky);
    },
    async stop(name) {
      done.push(`${clock.nowMs()} stop ${name}`);
      if (stuck.has(name)) throw new Error("will not go");
      running.delete(name);
    },
    status: () => new Map([...running.keys()].map((name) => [name, statusOf(name)])),
    close: async () => running.clear(),
  };
  const stop = new AbortController();
  let changes = 0;
  const convergence = createConvergence({
    runtime,
    clock,
    random: () => 0.5,
    log: silentLog,
    onChange: () => {
      changes += 1;
    },
  });
  const end = convergence.run(stop.signal);
  const report = () =>
    Object.fromEntries(
      convergence
        .report()
        .map(({ spec, status, failure }) => [spec.name, failure ?? status?.running ?? "starting"]),
    );
  const changesSoFar = () => changes;
  return {
    clock,
    done,
    broken,
    partial,
    stuck,
    running,
    convergence,
    report,
    stop,
    end,
    changesSoFar,
  };
}

test("a decky that fails keeps its reason and never stops its siblings", async () => {
  const { clock, convergence, broken, report, changesSoFar } = start();
  broken.add("b");
  convergence.want([decky("a"), decky("b"), decky("c")]);
  assert.deepEqual(report(), { a: "starting", b: "starting", c: "starting" });
  await clock.advance(0);
  assert.deepEqual(report(), { a: true, b: "no such service", c: true });
  assert.ok(changesSoFar() >= 3);
});

test("a decky that fails is tried again with growing pauses, and heals", async () => {
  const { clock, convergence, broken, done, report } = start();
  broken.add("a");
  convergence.want([decky("a")]);
  await clock.advance(8_000);
  assert.deepEqual(
    done.map((line) => Number(line.split(" ")[0])),
    [0, 500, 1_500, 3_500, 7_500],
  );
  broken.clear();
  await clock.advance(8_000);
  assert.deepEqual(report(), { a: true });
  const tries = done.length;
  await clock.advance(600_000);
  assert.equal(done.length, tries, "what runs is left alone");
});

test("a newer desired state supersedes the rest of an older one", async () => {
  const { clock, convergence, done, report } = start({ takesMs: 1_000 });
  convergence.want([decky("a"), decky("b"), decky("c")]);
  await clock.advance(500);
  convergence.want([decky("z")]);
  await clock.advance(10_000);
  assert.deepEqual(done, ["1000 start a 127.0.10.1", "1000 stop a", "2000 start z 127.0.10.1"]);
  assert.deepEqual(report(), { z: true });
});

test("a failed decky that is changed is tried at once, and one that is removed is forgotten", async () => {
  const { clock, convergence, broken, done, report } = start();
  broken.add("a").add("b");
  convergence.want([decky("a"), decky("b")]);
  await clock.advance(0);
  convergence.want([decky("a", "127.0.10.2")]);
  await clock.advance(0);
  assert.deepEqual(done, ["0 start a 127.0.10.1", "0 start b 127.0.10.1", "0 start a 127.0.10.2"]);
  assert.deepEqual(report(), { a: "no such service" });
});

test("a failed decky keeps its pause when the desired state changes elsewhere", async () => {
  const { clock, convergence, broken, done } = start();
  broken.add("a");
  convergence.want([decky("a")]);
  await clock.advance(0);
  convergence.want([decky("a"), decky("b")]);
  await clock.advance(0);
  assert.deepEqual(done, ["0 start a 127.0.10.1", "0 start b 127.0.10.1"]);
});

test("a decky that falls down is reported so, then started again until it is whole", async () => {
  const { clock, convergence, partial, done, report } = start();
  convergence.want([decky("a")]);
  await clock.advance(0);
  partial.add("a");
  convergence.changed();
  await clock.advance(499);
  assert.deepEqual(report(), { a: false });
  assert.equal(done.length, 1);
  await clock.advance(4_000);
  assert.deepEqual(
    done.map((line) => Number(line.split(" ")[0])),
    [0, 500, 1_500, 3_500],
  );
  partial.clear();
  await clock.advance(60_000);
  assert.deepEqual(report(), { a: true });
  assert.ok(done.length <= 5, "and then left alone");
});

test("a decky of which a part could not be started is started again until it is whole", async () => {
  const { clock, convergence, partial, report, done } = start();
  partial.add("a");
  convergence.want([decky("a")]);
  await clock.advance(600);
  assert.deepEqual(report(), { a: false });
  assert.equal(done.length, 2);
  partial.clear();
  convergence.changed();
  await clock.advance(60_000);
  assert.deepEqual(report(), { a: true });
  assert.equal(done.length, 2, "it healed by itself");
});

test("a decky that the runtime has lost is started again", async () => {
  const { clock, convergence, running, report } = start();
  convergence.want([decky("a")]);
  await clock.advance(0);
  running.clear();
  convergence.changed();
  await clock.advance(1_000);
  assert.deepEqual(report(), { a: true });
});

test("a decky that cannot be stopped stays in the report and is tried again", async () => {
  const { clock, convergence, stuck, report } = start();
  convergence.want([decky("a")]);
  await clock.advance(0);
  stuck.add("a");
  convergence.want([]);
  await clock.advance(0);
  assert.deepEqual(report(), { a: "will not go" });
  convergence.want([decky("a")]);
  await clock.advance(5_000);
  assert.deepEqual(report(), { a: true }, "wanted again: nothing is wrong any more");
  stuck.clear();
  convergence.want([]);
  await clock.advance(0);
  assert.deepEqual(report(), {});
});

test("run() ends with the signal and leaves running what runs", async () => {
  const { clock, convergence, running, stop, end } = start();
  convergence.want([decky("a")]);
  await clock.advance(0);
  stop.abort();
  assert.deepEqual(await end, { kind: "stopped" });
  assert.deepEqual([...running.keys()], ["a"]);
});
