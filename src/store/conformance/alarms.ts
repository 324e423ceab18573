import assert from "node:assert/strict";
import { beat, fingerprint, type OpenStore, reported, T0 } from "./fixture.ts";
import { storeTests } from "./with-store.ts";

/** What a person should look at. */
export function alarmConformance(open: OpenStore): void {
  const withStore = storeTests(open, ["a", "b"]);

  withStore("raiseAlarm() keeps one row however often it is seen", async (store) => {
    const sighting = {
      kind: "retired-certificate",
      hostUuid: "a",
      detail: "f",
      address: "192.0.2.1",
      atMs: T0,
      count: 1,
    } as const;
    await store.raiseAlarm(sighting);
    await store.raiseAlarm({ ...sighting, atMs: T0 + 60_000, count: 7, address: "192.0.2.2" });
    await store.raiseAlarm({ ...sighting, hostUuid: "b", atMs: T0 + 90_000 });
    const [b, a] = await store.listAlarms();
    assert.equal(b?.hostUuid, "b");
    assert.deepEqual(a, {
      id: a?.id,
      kind: "retired-certificate",
      hostUuid: "a",
      detail: "f",
      address: "192.0.2.2",
      firstMs: T0,
      lastMs: T0 + 60_000,
      count: 8,
      acknowledgedMs: null,
    });
    assert.deepEqual(await store.listAlarms({ hostUuid: "a" }), [a]);
    assert.equal(await store.acknowledgeAlarm(b.id, T0 + 5), true);
    assert.equal(await store.acknowledgeAlarm(b.id, T0 + 9), true, "again changes nothing");
    assert.equal(await store.acknowledgeAlarm(99, T0 + 5), false);
    const [first, second] = await store.listAlarms();
    assert.deepEqual([first?.hostUuid, second?.acknowledgedMs], ["a", T0 + 5]);
    const changes = (await store.changesAfter(0, 100)) ?? [];
    assert.equal(changes.filter(({ topic }) => topic === "alarm").length, 4);
  });

  withStore("events that an agent dropped are one alarm a start, and count up", async (store) => {
    let sequence = 0;
    const tell = async (boot: number, eventsDropped: number, state: "running" | "degraded") => {
      const place = { boot, sequence: ++sequence, arrivedMs: T0 + sequence };
      const claim = beat("a", [reported("d1", { state })], { ...place, eventsDropped });
      const [outcome] = await store.commitHeartbeats([claim]);
      assert.equal(outcome?.kind, "accepted");
      return (await store.listAlarms()).map(({ kind, detail, count, lastMs }) => [
        `${kind} ${detail}`,
        count,
        lastMs - T0,
      ]);
    };
    const start = (boot: number) => `events-dropped since start ${boot} of its agent`;
    assert.deepEqual(await tell(1, 0, "running"), []);
    assert.deepEqual(await tell(1, 3, "running"), [[start(1), 3, 2]]);
    assert.deepEqual(await tell(1, 3, "degraded"), [[start(1), 3, 2]], "nothing new");
    assert.deepEqual(await tell(1, 8, "degraded"), [[start(1), 8, 4]]);
    assert.deepEqual(await tell(2, 1, "degraded"), [
      [start(2), 1, 5],
      [start(1), 8, 4],
    ]);
  });

  withStore("an alarm that a renewal is overdue is over with the renewal", async (store) => {
    const sighting = { hostUuid: "a", detail: "f", address: null, atMs: T0, count: 1 };
    await store.raiseAlarm({ ...sighting, kind: "renewal-overdue" });
    await store.raiseAlarm({ ...sighting, kind: "retired-certificate" });
    await store.renewHost({
      fingerprint: fingerprint("a"),
      nowMs: T0 + 5,
      next: {
        fingerprint: fingerprint("n"),
        publicKey: "key of n",
        certificatePem: "certificate n",
        notAfterMs: T0 + 2e9,
      },
    });
    assert.equal(
      (await store.listAlarms()).every((alarm) => alarm.acknowledgedMs === null),
      true,
    );
    await store.promotePin({ fingerprint: fingerprint("n"), nowMs: T0 + 9 });
    assert.deepEqual(
      (await store.listAlarms()).map((alarm) => [alarm.kind, alarm.acknowledgedMs]),
      [
        ["retired-certificate", null],
        ["renewal-overdue", T0 + 9],
      ],
    );
  });
}
