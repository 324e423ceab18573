import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { listOf } from "../operator.ts";
import { enrollHost, openMaster } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

test("P10: an agent that is killed at any moment, again and again, is never quarantined", async (t) => {
  const master = await openMaster(t, { heartbeatIntervalMs: 250 });
  const dir = join(await temporaryDir(t), "agent");
  await enrollHost(t, master, "alpha", dir);
  const seen: string[] = [];
  // Killed as it starts, with a beat on its way, with an answer in hand or being kept.
  for (const end of [0, 1, 1, 2, 2, 2, 3, 4, 6]) {
    const child = fork(join(import.meta.dirname, "agent-process.ts"), [dir]);
    t.after(() => child.kill("SIGKILL"));
    const exit = once(child, "exit");
    if (end === 0) await once(child, "spawn");
    for (let told = 0; told < end; told += 1) {
      const [message] = (await once(child, "message")) as [string];
      seen.push(message);
    }
    child.kill("SIGKILL");
    await exit;
  }
  const [host] = await listOf<ApiHost>(master, "/api/v1/hosts");
  assert.equal(host?.state, "active", seen.join());
  assert.ok(!seen.includes("host-quarantined"), seen.join());
  assert.ok(seen.filter((told) => told === "accepted").length >= 6, seen.join());
  const rows = await listOf<{ action: string }>(master, "/api/v1/audit?limit=100");
  assert.ok(rows.every(({ action }) => action !== "host.quarantine"));
});
