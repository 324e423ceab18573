import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAlarm } from "../../wire/api/alarm.ts";
import type { ListOf } from "../../wire/api/common.ts";
import type { ApiHost } from "../../wire/api/host.ts";
import type { ApiStatus } from "../../wire/api/status.ts";
import { checkAnswers } from "./check-answer.ts";
import { codeOf, enroll, openForTest } from "./open-for-test.ts";

test("alarms are listed, counted and acknowledged, and the deed is in the audit", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(plane.local);
  const { store, clock } = plane;
  const uuid = await enroll(store, "branch-7");
  const atMs = clock.nowMs();
  const sighting = { hostUuid: uuid, detail: "f", address: "192.0.2.1", atMs, count: 3 };
  await store.raiseAlarm({ ...sighting, kind: "retired-certificate" });
  const list = async (query = "") =>
    ((await client.call("GET", `/api/v1/alarms${query}`)).json as ListOf<ApiAlarm>).items;
  const [alarm] = await list();
  assert.deepEqual([alarm?.kind, alarm?.count], ["retired-certificate", 3]);
  assert.deepEqual(await list("?host=branch-7"), [alarm]);
  assert.equal(codeOf(await client.call("GET", "/api/v1/alarms?host=nowhere")), "host-not-found");
  const counted = async () =>
    ((await client.call("GET", "/api/v1/status")).json as ApiStatus).alarms;
  assert.equal(await counted(), 1);

  const path = `/api/v1/alarms/${alarm?.id}/acknowledge`;
  assert.equal((await client.call("POST", path)).status, 204);
  assert.equal((await client.call("POST", path)).status, 204, "again changes nothing");
  assert.equal((await list())[0]?.acknowledgedMs, atMs);
  assert.equal(await counted(), 0);
  const missing = await client.call("POST", "/api/v1/alarms/99/acknowledge");
  assert.deepEqual([missing.status, codeOf(missing)], [404, "alarm-not-found"]);
  assert.equal((await client.call("POST", "/api/v1/alarms/x/acknowledge")).status, 422);
  const deeds = (await store.listAudit({ limit: 9 })).filter(
    ({ action }) => action === "alarm.acknowledge",
  );
  assert.deepEqual(
    deeds
      .map(({ target, outcome }) => [target, outcome])
      .toReversed()
      .slice(0, 1),
    [[String(alarm?.id), "ok"]],
  );
});

test("what hosts have left of their certificates is in the API, the status and the metrics", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(plane.local);
  const value = async (name: string) => {
    const { text } = await plane.local.call("GET", "/metrics");
    return new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1];
  };
  assert.equal(await value("decnet_certificate_expiry_seconds"), "+Inf", "no hosts");
  const uuid = await enroll(plane.store, "branch-7");
  const host = (await client.call("GET", `/api/v1/hosts/${uuid}`)).json as ApiHost;
  assert.equal(host.renewDueMs - host.certificateSinceMs, 43_200_000);
  assert.deepEqual([host.lastRenewalMs, host.nextFingerprint], [null, null]);
  assert.equal(await value("decnet_certificate_expiry_seconds"), "86400");
  assert.equal(await value("decnet_hosts_renewal_overdue"), "0");
  plane.clock.advance(57_600_000);
  assert.equal(await value("decnet_certificate_expiry_seconds"), "28800");
  assert.equal(await value("decnet_hosts_renewal_overdue"), "1");
  const status = (await client.call("GET", "/api/v1/status")).json as ApiStatus;
  assert.equal(status.renewalsOverdue, 1);
  assert.equal(status.firstExpiryMs, host.certificateNotAfterMs);
});
