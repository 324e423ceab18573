import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

async function startProcess(t: TestContext, dir: string, port = 0) {
  const child = fork(join(import.meta.dirname, "master-process.ts"), [dir, String(port)]);
  t.after(() => child.kill("SIGKILL"));
  const [ready] = (await once(child, "message")) as [{ agentPort: number; socketPath: string }];
  return { ...ready, child };
}

test("P8: nothing that got a 204 is lost when the master is killed in the middle", async (t) => {
  const dir = await temporaryDir(t);
  let master = await startProcess(t, dir);
  const hosts = await Promise.all(
    Array.from({ length: 4 }, (_, n) => enrollHost(t, master, `host-${n}`)),
  );
  const callers = hosts.map((host) => callerOf(t, host));
  const accepted = new Map<string, number>();
  for (let round = 1; round <= 4; round += 1) {
    // Each heartbeat names its sequence in its one decky, so that what is kept says which was last.
    const streams = hosts.map(async (host, n) => {
      for (let sequence = 1; ; sequence += 1) {
        const body = heartbeatBody(host.hostUuid, [`${host.hostName}-${round}-${sequence}`]);
        const place = { "decnet-boot": String(round), "decnet-sequence": String(sequence) };
        const answer = await callers[n]?.("POST", "/swarm/heartbeat", body, place).catch(
          () => null,
        );
        if (answer?.status === 429) continue;
        if (answer?.status !== 204) return;
        accepted.set(host.hostUuid, round * 1e6 + sequence);
        if (accepted.size === hosts.length && sequence === 8 && n === 0) {
          master.child.kill("SIGKILL");
        }
      }
    });
    await Promise.all(streams);
    await once(master.child, "exit");
    master = await startProcess(t, dir, master.agentPort);
    const kept = await listOf<ApiHost>(master, "/api/v1/hosts");
    const shards = await listOf<ApiShard>(master, "/api/v1/shards");
    for (const host of kept) {
      const last = accepted.get(host.uuid) ?? 0;
      const stored = host.boot * 1e6 + host.sequence;
      assert.ok(stored >= last, `round ${round}: accepted ${last}, kept ${stored}`);
      const running = shards.filter(
        (shard) => shard.hostUuid === host.uuid && shard.state === "running",
      );
      assert.deepEqual(
        running.map(({ name }) => name),
        [`${host.name}-${host.boot}-${host.sequence}`],
        "host and shards are of one heartbeat",
      );
    }
  }
});
