import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { codeOf, enroll, openForTest, PASSWORD } from "./open-for-test.ts";

const HOUR_MS = 3_600_000;
const good = { user: "admin", password: PASSWORD };
const bad = { user: "admin", password: "wrong" };

test("a login answers a cookie that scripts cannot read and other sites cannot send", async (t) => {
  const { anonymous, store } = await openForTest(t);
  const { status, headers, text } = await anonymous.call("POST", "/api/v1/session", { body: good });
  assert.equal(status, 201);
  const cookie = headers["set-cookie"]?.[0] ?? "";
  assert.match(
    cookie,
    /^decnet_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
  );
  const secret = cookie.slice("decnet_session=".length, cookie.indexOf(";"));
  assert.ok(!text.includes(secret));
  const secretHash = createHash("sha256").update(secret).digest("hex");
  assert.equal((await store.getSession(secretHash))?.operator, "admin", "it is stored hashed");
});

test("a login never keeps a session that was there before, and ends it", async (t) => {
  const plane = await openForTest(t);
  const first = await plane.logIn();
  const headers = { cookie: first.cookie };
  const again = await plane.anonymous.call("POST", "/api/v1/session", { body: good, headers });
  assert.ok(!again.headers["set-cookie"]?.[0]?.startsWith(first.cookie));
  assert.equal((await first.call("GET", "/api/v1/session")).status, 401);

  const planted = { cookie: "decnet_session=planted" };
  await plane.anonymous.call("POST", "/api/v1/session", { body: good, headers: planted });
  const fixed = await plane.anonymous.call("GET", "/api/v1/session", { headers: planted });
  assert.equal(fixed.status, 401);
});

test("a logout ends the session on the master, not only in the browser", async (t) => {
  const client = await (await openForTest(t)).logIn();
  const answer = await client.call("DELETE", "/api/v1/session");
  assert.equal(answer.status, 204);
  assert.match(
    answer.headers["set-cookie"]?.[0] ?? "",
    /^decnet_session=;.*Expires=Thu, 01 Jan 1970/,
  );
  assert.equal((await client.call("GET", "/api/v1/session")).status, 401);
});

test("a session ends after twelve hours, however busy it is", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  plane.clock.advance(12 * HOUR_MS - 1);
  assert.equal((await client.call("GET", "/api/v1/session")).status, 200);
  plane.clock.advance(1);
  assert.equal((await client.call("GET", "/api/v1/session")).status, 401);
});

test("a wrong password and an unknown user are refused in the same words", async (t) => {
  const { anonymous, store } = await openForTest(t);
  const unknown = { user: "s3cret-typed-here", password: "x" };
  const wrong = await anonymous.call("POST", "/api/v1/session", { body: bad });
  const nobody = await anonymous.call("POST", "/api/v1/session", { body: unknown });
  assert.equal(wrong.status, 401);
  assert.equal(nobody.status, 401);
  const told = (text: string) => text.replace(/"requestId":"[^"]*"/, "");
  assert.equal(told(wrong.text), told(nobody.text));
  assert.equal(wrong.headers["set-cookie"], undefined);
  const rows = await store.listAudit({ limit: 9 });
  assert.deepEqual(
    rows.map(({ actor, action, target, outcome, address }) => [
      actor,
      action,
      target,
      outcome,
      address,
    ]),
    [
      ["anonymous", "login", null, "login-failed", "127.0.0.1"],
      ["anonymous", "login", "admin", "login-failed", "127.0.0.1"],
    ],
    "what was typed as an unknown user is not kept: it may be a password",
  );
});

test("guessing is slowed down, and the account is never locked for good", async (t) => {
  const { anonymous, clock } = await openForTest(t);
  const logIn = (body: unknown) => anonymous.call("POST", "/api/v1/session", { body });
  for (let guess = 0; guess < 5; guess += 1) assert.equal((await logIn(bad)).status, 401);
  const limited = await logIn(good);
  assert.equal(limited.status, 429);
  assert.equal(codeOf(limited), "rate-limited");
  assert.equal(limited.headers["retry-after"], "30");
  for (let guess = 0; guess < 50; guess += 1) assert.equal((await logIn(bad)).status, 429);
  clock.advance(30_000);
  assert.equal(
    (await logIn(good)).status,
    201,
    "waiting as told is enough, whatever came meanwhile",
  );
});

test("guessing many accounts from one address is slowed down, too", async (t) => {
  const { anonymous, store } = await openForTest(t);
  const hash = (await store.getOperator("admin"))?.passwordHash ?? "";
  let limited = 0;
  for (let user = 0; user < 25; user += 1) {
    await store.createOperator({
      name: `user-${user}`,
      role: "viewer",
      passwordHash: hash,
      createdMs: 1,
    });
    const body = { user: `user-${user}`, password: "x" };
    const { status } = await anonymous.call("POST", "/api/v1/session", { body });
    if (status === 429) limited += 1;
  }
  assert.equal(limited, 5);
});

test("a reset by the socket file lifts the limit of the account", async (t) => {
  const plane = await openForTest(t);
  for (let guess = 0; guess < 6; guess += 1) {
    await plane.anonymous.call("POST", "/api/v1/session", { body: bad });
  }
  const { json } = await plane.local.call("POST", "/api/v1/operators/admin/password");
  const answer = await plane.anonymous.call("POST", "/api/v1/session", { body: json });
  assert.equal(answer.status, 201);
});

test("refused logins beyond a number are counted and leave no rows", async (t) => {
  const { anonymous, clock, store } = await openForTest(t);
  const hash = (await store.getOperator("admin"))?.passwordHash ?? "";
  for (let round = 0; round < 16; round += 1) {
    const user = `user-${round}`;
    await store.createOperator({ name: user, role: "viewer", passwordHash: hash, createdMs: 1 });
    for (let guess = 0; guess < 5; guess += 1) {
      const body = { user, password: "x" };
      assert.equal((await anonymous.call("POST", "/api/v1/session", { body })).status, 401);
    }
    clock.advance(25_000);
  }
  const rows = (await store.listAudit({ limit: 1_000 })).length;
  assert.ok(rows <= 57, `${rows} rows`);
  assert.equal((await store.listRefusals()).get("login-failed"), 80 - rows);
});

test("every action of an operator leaves a row: who, what, to what, with what outcome, from where", async (t) => {
  const plane = await openForTest(t);
  const uuid = await enroll(plane.store, "branch-7");
  const client = await plane.logIn();
  const made = await client.call("POST", "/api/v1/tokens", { body: { hostName: "branch-8" } });
  const { token } = made.json as { token: { id: string } };
  await client.call("DELETE", `/api/v1/tokens/${token.id}`);
  await client.call("POST", "/api/v1/deckies", { body: { host: "branch-7", name: "web-1" } });
  await client.call("POST", "/api/v1/deckies", { body: { host: "branch-7", name: "web-1" } });
  await client.call("DELETE", "/api/v1/deckies/web-1");
  const body = { confirmName: "branch-7" };
  await client.call("POST", `/api/v1/hosts/${uuid}/decommission`, { body });
  await client.call("DELETE", "/api/v1/session");

  const rows = await plane.store.listAudit({ limit: 100 });
  assert.deepEqual(
    rows.toReversed().map(({ action, target, outcome }) => [action, target, outcome]),
    [
      ["login", "admin", "ok"],
      ["token.create", "branch-8", "ok"],
      ["token.revoke", token.id, "ok"],
      ["decky.add", "web-1", "ok"],
      ["decky.add", "web-1", "decky-name-taken"],
      ["decky.remove", "web-1", "ok"],
      ["host.decommission", uuid, "ok"],
      ["logout", "admin", "ok"],
    ],
  );
  for (const { actor, address } of rows) {
    assert.deepEqual([actor, address], ["operator:admin", "127.0.0.1"]);
  }
});
