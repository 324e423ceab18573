import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { concernsOf } from "./attention.ts";

const DAY_MS = 24 * 3_600_000;
const NOW_MS = 100 * DAY_MS;

const host = (name: string, over: Partial<ApiHost> = {}): ApiHost => ({
  uuid: name,
  name,
  state: "active",
  enrolledMs: NOW_MS - DAY_MS,
  lastSeenMs: NOW_MS,
  silentSinceMs: null,
  decommissionedMs: null,
  quarantinedMs: null,
  quarantineReason: null,
  agentVersion: null,
  address: null,
  clockSkewMs: null,
  boot: 1,
  sequence: 1,
  generation: 1,
  fingerprint: "f",
  certificateNotAfterMs: NOW_MS + 5 * DAY_MS,
  certificateSinceMs: 0,
  renewDueMs: 0,
  lastRenewalMs: null,
  nextFingerprint: null,
  ...over,
});

const shard = (name: string, hostUuid: string, over: Partial<ApiShard> = {}): ApiShard => ({
  name,
  hostUuid,
  state: "running",
  reason: null,
  config: null,
  services: {},
  changedMs: NOW_MS - 1000,
  assigned: true,
  ...over,
});

const told = (
  hosts: readonly ApiHost[],
  shards: readonly ApiShard[],
  problems: Parameters<typeof concernsOf>[2],
  nowMs: number,
) =>
  concernsOf(hosts, shards, problems, [], nowMs).map(
    ({ tone, subject, what }) => `${tone} ${subject.name}: ${what}`,
  );

test("concernsOf() has nothing to say of a fleet that is well", () => {
  assert.deepEqual(concernsOf([host("a")], [shard("web", "a")], [], [], NOW_MS), []);
});

test("concernsOf() names a silent host once, and not each of its deckies", () => {
  const silent = host("a", { state: "silent", silentSinceMs: NOW_MS - 60_000 });
  const shards = [shard("web", "a"), shard("db", "a", { state: "failed" })];
  const [concern, ...others] = concernsOf([silent], shards, [], [], NOW_MS);
  assert.deepEqual(others, []);
  assert.equal(concern?.what, "silent; the state of its 2 deckies is unknown");
  assert.equal(concern?.sinceMs, NOW_MS - 60_000);
});

test("concernsOf() tells since when and why a host is quarantined", () => {
  const quarantineReason = "two live copies of its identity: one at 10.0.0.1, one at 10.0.0.2";
  const quarantinedMs = NOW_MS - 5000;
  const hosts = [host("a", { state: "quarantined", quarantinedMs, quarantineReason })];
  const [concern, ...others] = concernsOf(hosts, [shard("web", "a")], [], [], NOW_MS);
  assert.deepEqual(others, []);
  assert.equal(concern?.what, `quarantined: ${quarantineReason}`);
  assert.equal(concern?.sinceMs, quarantinedMs);
  assert.match(concern?.next ?? "", /release/);
});

test("concernsOf() puts what needs a person first, then what lasts longest", () => {
  const shards = [
    shard("slow", "a", { state: "degraded", changedMs: NOW_MS - 9000 }),
    shard("new", "a", { state: "failed", reason: "port in use", changedMs: NOW_MS - 10 }),
    shard("old", "a", { state: "failed", changedMs: NOW_MS - 5000 }),
  ];
  assert.deepEqual(told([host("a")], shards, [], NOW_MS), [
    "bad old: failed",
    "bad new: failed: port in use",
    "warn slow: degraded",
  ]);
});

test("concernsOf() says which service of a degraded decky does not answer", () => {
  const services = { ssh: { running: true }, http: { running: false, reason: "port in use" } };
  assert.deepEqual(
    told([host("a")], [shard("web", "a", { state: "degraded", services })], [], NOW_MS),
    ["warn web: degraded: not answering: http (port in use)"],
  );
});

test("concernsOf() gives a new host time for its first beat, and asks after that", () => {
  const fresh = host("a", { state: "enrolled", lastSeenMs: null, enrolledMs: NOW_MS - 60_000 });
  const late = host("b", { state: "enrolled", lastSeenMs: null, enrolledMs: NOW_MS - 180_000 });
  assert.deepEqual(told([fresh, late], [], [], NOW_MS), ["warn b: enrolled, but has never beaten"]);
});

test("concernsOf() tells of alarms, also of a tombstone's, and of none that was acknowledged", () => {
  const gone = host("b", { state: "decommissioned" });
  const cloned = host("c", { state: "quarantined", quarantineReason: "two copies" });
  const alarm = (id: number, over: Partial<ApiAlarm>): ApiAlarm => ({
    id,
    kind: "renewal-overdue",
    hostUuid: "a",
    detail: "f",
    address: null,
    firstMs: NOW_MS - 5000,
    lastMs: NOW_MS,
    count: 1,
    acknowledgedMs: null,
    ...over,
  });
  const alarms = [
    alarm(1, {}),
    alarm(2, { kind: "retired-certificate", acknowledgedMs: NOW_MS }),
    alarm(3, { kind: "decommissioned-certificate", hostUuid: "b", address: "192.0.2.1" }),
    alarm(4, { kind: "clone", hostUuid: "c" }),
  ];
  assert.deepEqual(
    concernsOf([host("a"), gone, cloned], [], [], alarms, NOW_MS).map(
      ({ tone, subject, what }) => `${tone} ${subject.name}: ${what}`,
    ),
    [
      "bad b: was decommissioned, and its certificate is still used, from 192.0.2.1",
      "bad c: quarantined: two copies",
      "warn a: has not renewed its certificate",
    ],
  );
});
