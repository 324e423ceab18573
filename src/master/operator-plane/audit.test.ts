import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { StoreUnavailable } from "../../store/store.ts";
import type { ApiAuditEntry } from "../../wire/api/audit.ts";
import { checkAnswers } from "./check-answer.ts";
import { addOperator, codeOf, enroll, openForTest, PASSWORD } from "./open-for-test.ts";

test("no operator's deed is done whose audit row cannot be written", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "decnet-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const path = join(dir, "master.db");
  // One that takes no rows into its audit: whatever else is written is rolled back with them.
  const setUp = openSqliteStore(path);
  const host = await enroll(setUp, "branch-7");
  await setUp.createOperator({ name: "admin", role: "admin", passwordHash: "h", createdMs: 1 });
  await setUp.close();
  const file = new DatabaseSync(path);
  file.exec(`CREATE TRIGGER no_more BEFORE INSERT ON audit
    BEGIN SELECT raise(ABORT, 'no more rows'); END`);
  file.close();
  const store = openSqliteStore(path);
  t.after(() => store.close());
  const { local } = await openForTest(t, {
    store,
    decommission: (uuid) => store.decommissionHost(uuid, 1),
    async mintToken({ ttlMs, hostName, createdBy }) {
      const times = { createdMs: 1, expiresMs: 1 + ttlMs, usedMs: null, revokedMs: null };
      const token = { id: "t", createdBy, hostName, usedByHostUuid: null, ...times };
      await store.createToken(token, "hash");
      return { token, secret: "s" };
    },
  });
  const everything = async () => ({
    hosts: await store.listHosts({ decommissioned: true }),
    deckies: await store.listDeckies(),
    tokens: await store.listTokens(),
    operators: await store.listOperators(),
    apiTokens: await store.listApiTokens(),
    head: await store.headSeq(),
  });
  const before = await everything();
  const deeds = [
    ["POST", `/hosts/${host}/decommission`, { confirmName: "branch-7" }],
    ["POST", "/deckies", { host: "branch-7" }],
    ["POST", "/tokens", {}],
    ["POST", "/operators", { name: "anna", role: "viewer" }],
    ["POST", "/operators/admin", { disabled: false }],
    ["POST", "/operators/admin/password", undefined],
    ["POST", "/api-tokens", { purpose: "p", scope: "read", operator: "admin" }],
  ] as const;
  for (const [method, route, body] of deeds) {
    const { status } = await local.call(method, `/api/v1${route}`, { body });
    assert.equal(status, 500, route);
    assert.deepEqual(await everything(), before, route);
  }
});

test("no login succeeds whose audit row cannot be written", async (t) => {
  const plane = await openForTest(t);
  t.mock.method(plane.store, "audited", () => {
    throw new StoreUnavailable("disk full");
  });
  const body = { user: "admin", password: PASSWORD };
  const answer = await plane.anonymous.call("POST", "/api/v1/session", { body });
  assert.equal(codeOf(answer), "store-unavailable");
  assert.equal(answer.headers["set-cookie"], undefined);
});

test("the audit is filtered by actor, action and target, and verified by API", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "operator");
  const anna = await checkAnswers(await plane.openSession("anna"));
  const program = await plane.openToken("anna", "write");
  await anna.call("POST", "/api/v1/tokens", { body: { hostName: "h1" } });
  await program.call("POST", "/api/v1/tokens", { body: { hostName: "h2" } });
  await plane.local.call("DELETE", "/api/v1/deckies/none");
  const find = async (query: string) => {
    const { json } = await anna.call("GET", `/api/v1/audit?${query}`);
    return (json as { items: ApiAuditEntry[] }).items.map(({ target }) => target);
  };
  assert.deepEqual(await find("actor=anna"), ["h2", "h1"]);
  assert.deepEqual(await find("actor=operator:anna"), ["h1"]);
  assert.deepEqual(await find("action=decky.remove"), ["none"]);
  assert.deepEqual(await find("action=token&target=h2"), ["h2"]);
  assert.deepEqual(await find("outcome=refused"), ["none"]);
  assert.deepEqual(await find("outcome=decky-not-found"), ["none"]);
  assert.deepEqual(await find("q=anna%20H1"), ["h1"]);
  assert.equal((await anna.call("GET", "/api/v1/audit?outcome=")).status, 422);
  assert.equal((await anna.call("GET", "/api/v1/audit?who=anna")).status, 422);

  const whole = await anna.call("GET", "/api/v1/audit/verify");
  const { head } = whole.json as { head: { id: number; hash: string } };
  assert.deepEqual(whole.json, { kind: "whole", head });
  const known = `/api/v1/audit/verify?head=${head.id}`;
  assert.deepEqual((await anna.call("GET", `${known}:${head.hash}`)).json, whole.json);
  assert.deepEqual((await anna.call("GET", `${known}:${"0".repeat(64)}`)).json, {
    kind: "broken",
    fault: "head-unknown",
    firstBadId: head.id,
  });
  assert.equal((await anna.call("GET", `${known}:x`)).status, 422);
});

test("the audit is verified by one at a time: each run reads all of it", async (t) => {
  const plane = await openForTest(t);
  for (let n = 0; n < 600; n += 1) await plane.local.call("DELETE", "/api/v1/deckies/none");
  const answers = await Promise.all(
    Array.from({ length: 3 }, () => plane.local.call("GET", "/api/v1/audit/verify")),
  );
  const statuses = answers.map(({ status }) => status);
  assert.ok(statuses.includes(200));
  assert.ok(statuses.every((status) => status === 200 || status === 503));
  assert.equal((await plane.local.call("GET", "/api/v1/audit/verify")).status, 200);
});
