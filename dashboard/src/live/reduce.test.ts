import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAlarm } from "../../../src/wire/api/alarm.ts";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import type { Change } from "./keyed.ts";
import { MAX_HELD } from "./newest.ts";
import { applyChange, applyChanges, applySeen, applyToEvents, type LiveCache } from "./reduce.ts";

const host = (uuid: string, over: Partial<ApiHost> = {}): ApiHost => ({
  uuid,
  name: uuid,
  state: "active",
  enrolledMs: 1,
  lastSeenMs: 100,
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
  certificateNotAfterMs: 9,
  certificateSinceMs: 0,
  renewDueMs: 0,
  lastRenewalMs: null,
  nextFingerprint: null,
  ...over,
});

const shard = (name: string, over: Partial<ApiShard> = {}): ApiShard => ({
  name,
  hostUuid: "h",
  state: "running",
  reason: null,
  config: null,
  services: {},
  changedMs: 1,
  assigned: true,
  ...over,
});

const event = (seq: number, over: Partial<ApiEvent> = {}): ApiEvent => ({
  event_id: `e${seq}`,
  kind: "ssh.command",
  host_uuid: "h",
  decky: "web",
  service: "ssh",
  session: "s",
  src_ip: "192.0.2.1",
  src_port: 1,
  dst_ip: "127.0.0.2",
  dst_port: 22,
  at: "2026-01-01T00:00:00.000Z",
  data: {},
  seq,
  received_ms: seq,
  ...over,
});

/** A change as the stream brings it: parsed JSON. */
const change = (seq: number, topic: string, key: string, body: unknown) =>
  ({ seq, atMs: seq, topic, key, body }) as Change;

const listOf = <T>(items: T[], seq: number) => ({ items, seq, nowMs: 0 });

const empty: LiveCache = {
  hosts: null,
  problems: null,
  alarms: null,
  shards: null,
  deckies: null,
  tokens: null,
  apiTokens: null,
  operators: null,
  events: [],
  audit: [],
};

test("applyChange() puts a host's new record in the place of the old one", () => {
  const cache = { ...empty, hosts: listOf([host("a"), host("b")], 5) };
  const silent = host("a", { state: "silent", silentSinceMs: 100 });
  const next = applyChange(cache, change(6, "host", "a", silent));
  assert.deepEqual(next.hosts, listOf([silent, host("b")], 6));
});

test("applyChange() keeps the later lastSeenMs, which the journal does not follow", () => {
  const cache = { ...empty, hosts: listOf([host("a", { lastSeenMs: 900 })], 5) };
  const next = applyChange(cache, change(6, "host", "a", host("a", { lastSeenMs: 400 })));
  assert.equal(next.hosts?.items[0]?.lastSeenMs, 900);
});

test("applyChange() passes over what the list already shows", () => {
  const cache = { ...empty, shards: listOf([shard("web")], 5) };
  const late = applyChange(cache, change(5, "shard", "web", shard("web", { state: "failed" })));
  assert.equal(late.shards, cache.shards);
});

test("applyChange() leaves a list alone that the change is not about", () => {
  const cache = { ...empty, hosts: listOf([host("a")], 5), shards: listOf([shard("web")], 5) };
  const next = applyChange(cache, change(6, "shard", "web", shard("web", { state: "degraded" })));
  assert.equal(next.hosts, cache.hosts);
  assert.equal(next.shards?.items[0]?.state, "degraded");
});

test("applyChange() does nothing to a list that was not read yet", () => {
  assert.deepEqual(applyChange(empty, change(1, "host", "a", host("a"))), empty);
});

test("applyChanges() takes a shard and a decky away that are gone for good", () => {
  const decky = { name: "web", hostUuid: "h", services: ["ssh"] };
  const added = applyChanges(
    { ...empty, shards: listOf([shard("web")], 1), deckies: listOf([], 1) },
    [change(2, "decky", "web", decky), change(3, "shard-removed", "web", { hostUuid: "h" })],
  );
  assert.deepEqual(added.shards, listOf([], 3));
  assert.deepEqual(added.deckies?.items, [decky]);
  const removed = applyChange(added, change(4, "decky-removed", "web", { hostUuid: "h" }));
  assert.deepEqual(removed.deckies?.items, []);
});

test("applyChange() replaces all problems of one host and no other's", () => {
  const problem = (hostUuid: string, decky: string) => ({
    hostUuid,
    kind: "malformed" as const,
    decky,
    detail: "d",
    firstSeenMs: 1,
  });
  const cache = { ...empty, problems: listOf([problem("a", "#1"), problem("b", "#1")], 1) };
  const next = applyChange(cache, change(2, "problems", "a", [problem("a", "#2")]));
  assert.deepEqual(next.problems?.items, [problem("b", "#1"), problem("a", "#2")]);
});

test("applyChanges() puts new events on top, newest first, and only where the filter lets them", () => {
  const cache: LiveCache = {
    ...empty,
    events: [
      { filter: {}, list: { ...listOf([event(1)], 5), more: false } },
      { filter: { decky: "db" }, list: { ...listOf<ApiEvent>([], 5), more: false } },
    ],
  };
  const next = applyChanges(cache, [
    change(6, "event", "e2", event(2)),
    change(7, "event", "e3", event(3, { decky: "db" })),
  ]);
  const seqs = next.events.map(({ list }) => list.items.map(({ seq }) => seq));
  assert.deepEqual(seqs, [[3, 2, 1], [3]]);
});

test("applyChanges() shows an event once, though list and stream both bring it", () => {
  const list = { ...listOf([event(2), event(1)], 5), more: false };
  const next = applyToEvents(list, {}, [
    change(6, "event", "e2", event(2)),
    change(7, "event", "e3", event(3)),
  ]);
  assert.deepEqual(
    next.items.map(({ seq }) => seq),
    [3, 2, 1],
  );
});

test("applyToEvents() lets the oldest go beyond its limit, and says that there are more", () => {
  const items = Array.from({ length: MAX_HELD }, (_, at) => event(MAX_HELD - at));
  const newest = MAX_HELD + 1;
  const next = applyToEvents({ ...listOf(items, 1), more: false }, {}, [
    change(2, "event", "new", event(newest)),
  ]);
  assert.equal(next.items.length, MAX_HELD);
  assert.equal(next.items[0]?.seq, newest);
  assert.equal(next.more, true);
});

test("applySeen() moves lastSeenMs on and never back", () => {
  const list = listOf([host("a"), host("b", { lastSeenMs: 900 }), host("c")], 5);
  const next = applySeen(list, { a: 500, b: 500 });
  assert.deepEqual(
    next.items.map(({ lastSeenMs }) => lastSeenMs),
    [500, 900, 100],
  );
  assert.equal(next.items[2], list.items[2]);
  assert.equal(applySeen(next, { a: 500 }), next);
});

test("applyChange() puts an alarm's new row in the place of the old one", () => {
  const alarm: ApiAlarm = {
    id: 7,
    kind: "retired-certificate",
    hostUuid: "h",
    detail: "f",
    address: null,
    firstMs: 1,
    lastMs: 1,
    count: 1,
    acknowledgedMs: null,
  };
  const cache: LiveCache = { ...empty, alarms: listOf([alarm], 5) };
  const more = { ...alarm, count: 9, lastMs: 3 };
  const next = applyChange(cache, change(6, "alarm", "7", more));
  assert.deepEqual(next.alarms?.items, [more]);
});
