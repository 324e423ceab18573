import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { SWEEP_EVERY_MS } from "../domain/liveness.ts";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { enroll, fingerprint, T0 } from "../store/conformance/fixture.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { type Store, StoreUnavailable } from "../store/store.ts";
import { createAlarms } from "./alarms.ts";
import { startSilenceWatch } from "./watch.ts";

const MINUTE_MS = 60_000;

async function setUp(t: TestContext, changes: Partial<Store> = {}, startMs = T0) {
  const store = openSqliteStore(":memory:");
  await enroll(store, "a");
  await enroll(store, "b");
  const clock = createVirtualClock(startMs);
  const alarms = createAlarms({ store: { ...store, ...changes }, clock, log: silentLog });
  t.after(async () => {
    await alarms.close();
    await store.close();
  });
  return { store, clock, alarms };
}

const settled = () => new Promise<void>((resolve) => void setImmediate(resolve));

test("sighted() writes the first at once and the others once a minute, however many", async (t) => {
  const { store, clock, alarms } = await setUp(t);
  const sighting = {
    kind: "retired-certificate",
    hostUuid: "a",
    detail: "f",
    address: "192.0.2.1",
  } as const;
  for (let n = 0; n < 1000; n += 1) alarms.sighted(sighting);
  await settled();
  const head = await store.headSeq();
  assert.equal((await store.listAlarms())[0]?.count, 1);
  for (let n = 0; n < 1000; n += 1) alarms.sighted(sighting);
  await settled();
  assert.equal(await store.headSeq(), head, "a flood writes nothing");
  await clock.advance(MINUTE_MS);
  const [alarm] = await store.listAlarms();
  assert.equal(alarm?.count, 2000);
  assert.equal(alarm.lastMs, T0 + MINUTE_MS);
  assert.equal(await store.headSeq(), head + 1);
});

test("refused() raises an alarm for a certificate that was pinned once, and for no other", async (t) => {
  const { store, alarms } = await setUp(t);
  const next = {
    fingerprint: fingerprint("n"),
    publicKey: "k",
    certificatePem: "c",
    notAfterMs: T0 + 1e9,
  };
  await store.renewHost({ fingerprint: fingerprint("a"), nowMs: T0, next });
  await store.promotePin({ fingerprint: fingerprint("n"), nowMs: T0 });
  await store.decommissionHost("b", T0);
  for (const name of ["a", "n", "b", "nobody"]) alarms.refused(fingerprint(name), "192.0.2.9");
  await settled();
  await settled();
  assert.deepEqual(
    (await store.listAlarms())
      .map(({ kind, hostUuid, detail, address }) => [kind, hostUuid, detail, address].join(" "))
      .toSorted((a, b) => a.localeCompare(b)),
    [
      `decommissioned-certificate b ${fingerprint("b")} 192.0.2.9`,
      `retired-certificate a ${fingerprint("a")} 192.0.2.9`,
    ],
  );
});

test("lookForOverdue() tells of each certificate once", async (t) => {
  const { store, alarms } = await setUp(t);
  await store.decommissionHost("b", T0);
  await alarms.lookForOverdue(T0 + 6e8);
  assert.deepEqual(await store.listAlarms(), []);
  await alarms.lookForOverdue(T0 + 7e8);
  await alarms.lookForOverdue(T0 + 8e8);
  const [alarm, ...others] = await store.listAlarms();
  assert.deepEqual(others, []);
  assert.deepEqual([alarm?.kind, alarm?.hostUuid, alarm?.count], ["renewal-overdue", "a", 1]);
});

test("a sighting that could not be written is written with the next round", async (t) => {
  let fails = true;
  const { store, clock, alarms } = await setUp(t, {
    raiseAlarm: async (sighting) => {
      if (fails) throw new StoreUnavailable("disk full");
      await store.raiseAlarm(sighting);
    },
  });
  alarms.sighted({ kind: "retired-certificate", hostUuid: "a", detail: "f", address: null });
  await settled();
  assert.deepEqual(await store.listAlarms(), []);
  fails = false;
  await clock.advance(MINUTE_MS);
  assert.equal((await store.listAlarms())[0]?.count, 1);
});

test("the master's rounds look for renewals that are overdue", async (t) => {
  const { store, clock, alarms } = await setUp(t, {}, T0 + 7e8);
  const watch = startSilenceWatch({
    store,
    clock,
    log: silentLog,
    heartbeatIntervalMs: 30_000,
    alarms,
  });
  t.after(() => watch.close());
  assert.deepEqual(await store.listAlarms(), []);
  await clock.advance(SWEEP_EVERY_MS);
  assert.deepEqual(
    (await store.listAlarms())
      .map(({ hostUuid }) => hostUuid)
      .toSorted((a, b) => a.localeCompare(b)),
    ["a", "b"],
  );
});
