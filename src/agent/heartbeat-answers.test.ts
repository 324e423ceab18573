import assert from "node:assert/strict";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { nextSlotMs, phaseOf } from "./phase.ts";
import { ACCEPTED, DECOMMISSIONED, START_MS, startLoop } from "./start-loop-for-test.ts";

test("failures are retried with jitter that doubles up to the interval, then the phase is resumed", async () => {
  const { clock, beats, hostUuid, lines } = startLoop((index) => {
    if (index < 8) throw new DecnetError("master-unreachable", "refused");
    return ACCEPTED;
  });
  await clock.advance(150_000);
  const gaps = beats.slice(1, 9).map((beat, index) => beat.atMs - (beats[index]?.atMs ?? 0));
  assert.deepEqual(gaps, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  const recoveredMs = beats[8]?.atMs ?? 0;
  assert.equal(beats[9]?.atMs, nextSlotMs(phaseOf(hostUuid), 30_000, recoveredMs));
  assert.equal(lines.length, 2, "one line when it broke, one when it was over");
});

test("Retry-After is honored, in seconds and as a date, with jitter on top", async () => {
  const date = new Date(START_MS + 20_000).toUTCString();
  for (const value of ["20", date]) {
    const { clock, beats } = startLoop((index) =>
      index === 0 ? { status: 503, headers: { "retry-after": value } } : ACCEPTED,
    );
    await clock.advance(25_000);
    assert.equal((beats[1]?.atMs ?? 0) - START_MS, 20_500, value);
  }
});

test("an authenticated 'host decommissioned' ends the loop", async () => {
  const { clock, end } = startLoop(() => DECOMMISSIONED);
  await clock.advance(0);
  assert.deepEqual(await end, { kind: "decommissioned" });
  const bare = startLoop(() => ({ status: 403, body: '{"detail":"host decommissioned"}' }));
  await bare.clock.advance(0);
  assert.deepEqual(await bare.end, { kind: "decommissioned" });
});

test("other refusals are tried again at the interval and logged once a reason", async () => {
  const unknown = {
    status: 404,
    headers: { "decnet-error": "host-unknown" },
    body: '{"detail":"unknown host"}',
  };
  const mismatch = { status: 403, body: '{"detail":"cert fingerprint mismatch"}' };
  const { clock, beats, lines } = startLoop((index) => (index < 3 ? unknown : mismatch));
  await clock.advance(150_000);
  assert.equal(beats.length, 6);
  assert.equal(lines.length, 2);
  assert.match(lines[0] ?? "", /unknown host\. The uuid was never enrolled here/);
  assert.match(lines[1] ?? "", /cert fingerprint mismatch/);
});

test("aborting the signal ends the loop, in a pause and in a beat", async () => {
  const idle = startLoop(() => ACCEPTED);
  await idle.clock.advance(10);
  idle.stop.abort();
  assert.deepEqual(await idle.end, { kind: "stopped" });
  const busy = startLoop((_index, request, clock) =>
    clock.sleep(60_000, request.signal).then(() => ACCEPTED),
  );
  await busy.clock.advance(10);
  busy.stop.abort();
  assert.deepEqual(await busy.end, { kind: "stopped" });
});

test("a bug in the body is thrown, not retried", async () => {
  const { clock, end } = startLoop(() => {
    throw new TypeError("bug");
  });
  const thrown = assert.rejects(end, TypeError);
  await clock.advance(0);
  await thrown;
});

test("every beat echoes the newest nonce that arrived", async () => {
  const nonce = (n: number) => `nonce-${n}`.padEnd(22, "_");
  const { clock, headers } = startLoop((index) => {
    if (index === 2) return { status: 503, headers: { "decnet-nonce": nonce(index) } };
    if (index === 3) return { status: 204, headers: { "decnet-nonce": "not a nonce" } };
    return { status: 204, headers: { "decnet-nonce": nonce(index) } };
  });
  await clock.advance(180_000);
  assert.deepEqual(headers("decnet-echo").slice(0, 6), [
    undefined,
    nonce(0),
    nonce(1),
    nonce(1),
    nonce(1),
    nonce(4),
  ]);
});

test("a boot that is raised goes on echoing what it echoed", async () => {
  const nonce = "n".repeat(22);
  const { clock, headers } = startLoop((index) => {
    if (index === 1) {
      return { status: 409, headers: { "decnet-error": "heartbeat-stale", "decnet-boot": "9" } };
    }
    return { status: 204, headers: { "decnet-nonce": nonce } };
  });
  await clock.advance(31_000);
  assert.deepEqual(headers("decnet-boot").slice(0, 3), ["5", "5", "10"]);
  assert.deepEqual(headers("decnet-echo").slice(0, 3), [undefined, nonce, nonce]);
});

test("a quarantined host goes on asking at its own pace, until it is released", async () => {
  const { clock, beats, lines } = startLoop((index) =>
    index < 3
      ? { status: 403, headers: { "decnet-error": "host-quarantined" } }
      : { status: 204, headers: {} },
  );
  await clock.advance(100_000);
  assert.equal(beats.length, 4);
  assert.match(lines.join(), /decnet host release/);
});
