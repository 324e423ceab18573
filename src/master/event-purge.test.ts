import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { enroll, event, fingerprint, T0 } from "../store/conformance/fixture.ts";
import { openSqliteStore } from "../store/sqlite/store.ts";
import { startEventPurge } from "./event-purge.ts";

const DAY_MS = 86_400_000;

test("events are purged past their time; tombstones and the audit stay", async (t) => {
  const store = openSqliteStore(":memory:");
  t.after(() => store.close());
  const clock = createVirtualClock(T0);
  await enroll(store, "a");
  await enroll(store, "gone");
  const row = { atMs: T0, actor: "system", action: "test", target: null, address: null };
  await store.audited(row, () => store.decommissionHost("gone", T0));
  const events = Array.from({ length: 1_500 }, (_, n) => event(n, "a", "d1"));
  await store.appendEvents({ fingerprint: fingerprint("a"), nowMs: T0, events });

  const purge = startEventPurge({ store, clock, log: silentLog, eventsKeptMs: DAY_MS });
  await clock.advance(DAY_MS);
  assert.equal(await store.countEvents(), 1_500, "kept for the whole time");
  await clock.advance(60_000);
  assert.equal(await store.countEvents(), 500, "a few at once");
  await clock.advance(60_000);
  await purge.close();
  assert.equal(await store.countEvents(), 0);
  assert.equal(await store.changesAfter(0, 10), null, "who slept so long reads afresh");
  assert.equal((await store.getHost("gone"))?.state, "decommissioned");
  assert.equal((await store.listAudit({ limit: 9 })).length, 1);
  assert.equal((await store.verifyAudit(null)).kind, "whole");
});
