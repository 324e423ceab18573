import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { worstFirst } from "./deckies.ts";
import { letIn, oneLine, summaryOf } from "./event-summary.ts";
import { matchesWords } from "./match.ts";
import { pulseOf, visitorsOf } from "./pulse.ts";
import { countByState, SHARD_STATE_ORDER, shownShardState } from "./states.ts";
import { agoOf, spanOf, utcOf } from "./times.ts";
import { apiTokenState, tokenState } from "./tokens.ts";

test("shownShardState() is unknown for whatever a silent host last said, but not for what was gone", () => {
  assert.equal(shownShardState({ state: "running" }, "silent"), "unknown");
  assert.equal(shownShardState({ state: "absent" }, "silent"), "absent");
  assert.equal(shownShardState({ state: "degraded" }, "active"), "degraded");
});

test("countByState() counts worst first and leaves out what does not occur", () => {
  assert.deepEqual(countByState(["running", "failed", "running"], SHARD_STATE_ORDER), [
    { state: "failed", count: 1 },
    { state: "running", count: 2 },
  ]);
});

test("spanOf() is as exact as its size asks for", () => {
  const spans = [0, 999, 42_000, 7 * 60_000 + 5000, 3_900_000, 11 * 3_600_000, 90_000_000];
  assert.deepEqual(spans.map(spanOf), [
    "0 s",
    "0 s",
    "42 s",
    "7 min",
    "1 h 5 min",
    "11 h",
    "1 d 1 h",
  ]);
});

test("agoOf() tells past from future", () => {
  assert.equal(agoOf(1000, 13_000), "12 s ago");
  assert.equal(agoOf(13_000, 1000), "in 12 s");
  assert.equal(agoOf(1000, 1500), "just now");
  assert.equal(utcOf(0), "1970-01-01 00:00:00 UTC");
});

test("summaryOf() tells what was tried, and all of what it does not know", () => {
  const summary = (kind: ApiEvent["kind"], data: Record<string, unknown>) =>
    summaryOf({ kind, data });
  assert.equal(summary("redis.login.attempt", { user: "default", password: "x" }), "default / x");
  assert.equal(summary("redis.command", { command: "set", args: ["a", "b"] }), "set a b");
  assert.equal(summary("http.request", { method: "GET", target: "/", status: 404 }), "GET / → 404");
  assert.equal(summary("session.close", { duration_ms: 1532 }), "after 1 s");
  assert.equal(summary("session.close", { duration_ms: 12 }), "after 12 ms");
  assert.equal(summary("ssh.command", { input: "uname -a", rc: 0 }), "uname -a");
  assert.equal(
    summary("shell.file", { path: "/tmp/x", via: "scp", bytes: 3456, content: ["AAAA"] }),
    "/tmp/x, 3.5 kB, by scp",
  );
  assert.equal(summary("shell.recording", { shell: 1, part: 3, cast: "{}" }), "terminal 1, part 3");
  assert.equal(summary("ssh.request", { type: "env", count: 2 }), "type=env  count=2");
});

test("oneLine() shows an attacker's control and direction marks instead of obeying them", () => {
  assert.equal(oneLine("a\u202egnp.exe\u0007\nb"), "a\\u202egnp.exe\\u0007⏎b");
  assert.equal(oneLine("abcdef", 3), "abc…");
});

test("letIn() is true only for an attempt that succeeded", () => {
  assert.equal(letIn({ kind: "ssh.login.attempt", data: { success: true } }), true);
  assert.equal(letIn({ kind: "ssh.login.attempt", data: { success: false } }), false);
  assert.equal(letIn({ kind: "ssh.command", data: { success: true } }), false);
});

test("matchesWords() wants every word, in any order and case", () => {
  assert.equal(matchesWords("WEB berlin", ["berlin-1", null, "web"]), true);
  assert.equal(matchesWords("web oslo", ["berlin-1", "web"]), false);
  assert.equal(matchesWords("", []), true);
});

test("pulseOf() counts by minute, and says when it cannot see the whole hour", () => {
  const nowMs = 10 * 60_000;
  const at = (received_ms: number, src_ip: string) => ({ received_ms, src_ip }) as ApiEvent;
  const events = [at(nowMs, "a"), at(nowMs - 60_000, "b"), at(nowMs - 61_000, "b")];
  const pulse = pulseOf(events, true, 3, nowMs);
  assert.deepEqual(pulse, { perMinute: [1, 1, 1], events: 3, sources: 2, whole: false });
  assert.equal(pulseOf([...events, at(0, "c")], true, 3, nowMs).whole, true);
});

test("visitorsOf() names who was here lately, the latest first", () => {
  const at = (received_ms: number, src_ip: string, decky: string) =>
    ({ received_ms, src_ip, decky }) as ApiEvent;
  const events = [at(300, "b", "web"), at(200, "a", "web"), at(200, "b", "db"), at(90, "c", "old")];
  assert.deepEqual(visitorsOf(events, 100), { sources: ["b", "a"], deckies: ["web", "db"] });
  assert.deepEqual(visitorsOf([], 100), { sources: [], deckies: [] });
});

test("worstFirst() puts what failed on top, and web-2 before web-10", () => {
  const deckies = [
    { name: "web-10", state: "running" },
    { name: "web-2", state: "running" },
    { name: "web-3", state: "failed" },
    { name: "web-4", state: "degraded" },
  ] as const;
  assert.deepEqual(
    deckies.toSorted(worstFirst).map(({ name }) => name),
    ["web-3", "web-4", "web-2", "web-10"],
  );
});

test("apiTokenState() goes by the clock that it is given: nobody tells that time is over", () => {
  const token = { expiresMs: 10, revokedMs: null, usedMs: null };
  assert.deepEqual([apiTokenState(token, 9), apiTokenState(token, 10)], ["valid", "expired"]);
  assert.equal(apiTokenState({ ...token, revokedMs: 5 }, 10), "revoked");
  assert.equal(tokenState({ ...token, usedMs: 5 }, 10), "used");
});
