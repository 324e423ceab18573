import assert from "node:assert/strict";
import { statfsSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createSystemClock } from "../../../src/cli/clock.ts";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import { run } from "../decnet.ts";
import { listOf } from "../operator.ts";
import { callerOf, enrollHost, heartbeatBody, openMaster } from "../swarm.ts";
import { temporaryDir } from "../temporary.ts";

/** A disk of the test's own, of 8 MB. Needs root, as mounting does. */
async function smallDisk(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "decnet-"));
  const options = ["-t", "tmpfs", "-o", "size=8m,mode=0700", "tmpfs", dir];
  const mounted = await run("mount", options);
  assert.equal(mounted.code, 0, `this test needs root to mount a disk: ${mounted.stderr}`);
  t.after(async () => {
    await run("umount", ["--lazy", dir]);
    await rm(dir, { recursive: true });
  });
  return dir;
}

const BEAT = "/swarm/heartbeat";
const names = (from: number, count: number) =>
  Array.from({ length: count }, (_, n) => `decky-${from + n}`);

test("P8: a full disk is answered with 503, nothing is half-written, and it passes", async (t) => {
  const dir = await smallDisk(t);
  const master = await openMaster(t, { dataDir: dir });
  const alpha = await enrollHost(t, master, "alpha");
  const call = callerOf(t, alpha);
  assert.equal((await call("POST", BEAT, heartbeatBody(alpha.hostUuid, ["kept"]))).status, 204);
  const ballast = join(dir, "ballast");
  const { bavail, bsize } = statfsSync(dir);
  writeFileSync(ballast, Buffer.alloc(bavail * bsize));

  const refused = await call("POST", BEAT, heartbeatBody(alpha.hostUuid, names(0, 500)));
  assert.equal(refused.status, 503);
  assert.equal(refused.headers["decnet-error"], "store-unavailable");
  assert.equal(refused.headers["retry-after"], "5");
  const shards = await listOf<ApiShard>(master, "/api/v1/shards");
  assert.deepEqual(
    shards.map(({ name, state }) => `${name} ${state}`),
    ["kept running"],
  );

  await rm(ballast);
  const body = heartbeatBody(alpha.hostUuid, names(0, 500));
  assert.equal((await call("POST", BEAT, body)).status, 204);
  assert.equal((await listOf<ApiShard>(master, "/api/v1/shards")).length, 501);
});

test("a master does not start on a disk that it cannot write, and says so", async (t) => {
  const dir = await smallDisk(t);
  const first = await openMaster(t, { dataDir: dir });
  await first.close();
  const remounted = await run("mount", ["-o", "remount,ro", dir]);
  assert.equal(remounted.code, 0, remounted.stderr);
  await assert.rejects(openMaster(t, { dataDir: dir }), { code: "data-unusable" });
});

test("a master does not start when its clock is behind its records, unless told to trust it", async (t) => {
  const dir = await temporaryDir(t);
  const first = await openMaster(t, { dataDir: dir });
  const alpha = await enrollHost(t, first, "alpha");
  await callerOf(t, alpha)("POST", BEAT, heartbeatBody(alpha.hostUuid));
  await first.close();
  const clock = createSystemClock();
  const hourAgo = { ...clock, nowMs: () => clock.nowMs() - 3_600_000 };
  await assert.rejects(openMaster(t, { dataDir: dir, clock: hourAgo }), { code: "clock-behind" });
  const trusting = await openMaster(t, { dataDir: dir, clock: hourAgo, trustClock: true });
  const [host] = await listOf<{ lastSeenMs: number }>(trusting, "/api/v1/hosts");
  assert.ok((host?.lastSeenMs ?? Number.MAX_VALUE) <= Date.now() - 3_000_000);
});
