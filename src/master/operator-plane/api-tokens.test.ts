import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAccessToken, CreateApiTokenAnswer } from "../../wire/api/operator.ts";
import { checkAnswers } from "./check-answer.ts";
import { addOperator, codeOf, createClient, openForTest } from "./open-for-test.ts";

const PATH = "/api/v1/api-tokens";
const body = { purpose: "backup", scope: "read" };

test("an API token is shown once, stored hashed, and needs no CSRF token", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(await plane.openSession("admin"));
  const made = await client.call("POST", PATH, { body: { ...body, scope: "write" } });
  const { secret, token } = made.json as CreateApiTokenAnswer;
  assert.match(secret, /^decnet-api-[\w-]{43}$/);
  assert.equal(token.expiresMs, plane.clock.nowMs() + 90 * 86_400_000);
  const listed = await client.call("GET", PATH);
  assert.ok(!listed.text.includes(secret));

  const tcp = { host: "127.0.0.1", port: plane.port };
  const program = createClient(tcp, { authorization: `Bearer ${secret}` });
  assert.equal((await program.call("POST", "/api/v1/tokens", { body: {} })).status, 201);
  const [row] = await plane.store.listAudit({ limit: 1 });
  assert.equal(row?.actor, `operator:admin/${token.id}`);
});

test("an API token that is wrong, expired or revoked is refused, whatever cookie is there", async (t) => {
  const plane = await openForTest(t);
  const session = await plane.openSession("admin");
  const good = await plane.openToken("admin", "read");
  const other = await plane.openToken("admin", "read");
  const status = (authorization: string) =>
    session.call("GET", "/api/v1/status", { headers: { authorization } });
  const wrong = ["Bearer ", "Bearer x", "Basic eDp5", `Bearer ${good.secret}x`, good.secret];
  for (const header of wrong) assert.equal(codeOf(await status(header)), "api-token-invalid");
  assert.equal((await status(`bearer ${good.secret}`)).status, 200);

  const [token] = await plane.store.listApiTokens();
  await session.call("DELETE", `${PATH}/${token?.id}`);
  const answers = [await good.call("GET", PATH), await other.call("GET", "/api/v1/status")];
  assert.equal(answers.filter(({ status }) => status === 401).length, 1);
  plane.clock.advance(3_600_000);
  assert.equal((await other.call("GET", "/api/v1/status")).status, 401);
  assert.equal((await good.call("GET", "/api/v1/status")).status, 401);
});

test("an API token's last use is written at most once a minute", async (t) => {
  const plane = await openForTest(t);
  const program = await plane.openToken("admin", "read");
  const lastUsed = async () => (await plane.store.listApiTokens())[0]?.lastUsedMs;
  const startMs = plane.clock.nowMs();
  await program.call("GET", "/api/v1/status");
  assert.equal(await lastUsed(), startMs);
  plane.clock.advance(59_999);
  await program.call("GET", "/api/v1/status");
  assert.equal(await lastUsed(), startMs);
  plane.clock.advance(1);
  await program.call("GET", "/api/v1/status");
  assert.equal(await lastUsed(), startMs + 60_000);
});

test("nobody makes a token of more than the own role, or for another, but an admin", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "viewer");
  const anna = await plane.openSession("anna");
  const wide = await anna.call("POST", PATH, { body: { ...body, scope: "write" } });
  assert.equal(codeOf(wide), "request-invalid");
  const foreign = await anna.call("POST", PATH, { body: { ...body, operator: "admin" } });
  assert.equal(codeOf(foreign), "permission-denied");
  assert.equal((await anna.call("POST", PATH, { body })).status, 201);

  const admin = await plane.openSession("admin");
  const forAnna = await admin.call("POST", PATH, { body: { ...body, operator: "anna" } });
  assert.equal(forAnna.status, 201);
  const lost = await plane.local.call("POST", PATH, { body });
  assert.equal(codeOf(lost), "request-invalid", "the socket file is nobody's account");
  const local = await plane.local.call("POST", PATH, { body: { ...body, operator: "anna" } });
  assert.equal(local.status, 201);
});

test("one sees and revokes one's own tokens; an admin everybody's", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "viewer");
  await plane.openToken("admin", "read");
  await plane.openToken("anna", "read");
  const [anna, admin] = [await plane.openSession("anna"), await plane.openSession("admin")];
  const seen = async (client: typeof anna) =>
    ((await client.call("GET", PATH)).json as { items: ApiAccessToken[] }).items;
  assert.deepEqual(
    (await seen(anna)).map(({ operator }) => operator),
    ["anna"],
  );
  const all = await seen(admin);
  assert.equal(all.length, 2);
  const ofAdmin = all.find(({ operator }) => operator === "admin");
  const hidden = await anna.call("DELETE", `${PATH}/${ofAdmin?.id}`);
  assert.equal(codeOf(hidden), "api-token-not-found");
  for (const { id } of all) assert.equal((await admin.call("DELETE", `${PATH}/${id}`)).status, 204);
});

test("a token dies with its owner's account, and a stream that it opened ends at once", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "operator");
  const program = await plane.openToken("anna", "write");
  const stream = await program.open("GET", "/api/v1/stream");
  const ended = new Promise((resolve) => stream.once("end", resolve));
  stream.resume();
  const disable = { body: { disabled: true } };
  await plane.local.call("POST", "/api/v1/operators/anna", disable);
  await ended;
  assert.equal((await program.call("GET", "/api/v1/status")).status, 401);
});

test("a token is narrowed at once when its owner's role is", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "operator");
  const program = await plane.openToken("anna", "write");
  assert.equal((await program.call("POST", "/api/v1/tokens", { body: {} })).status, 201);
  await plane.local.call("POST", "/api/v1/operators/anna", { body: { role: "viewer" } });
  const refused = await program.call("POST", "/api/v1/tokens", { body: {} });
  assert.equal(codeOf(refused), "permission-denied");
});

test("refusals of strangers are counted by code, and leave no rows", async (t) => {
  const counted: string[] = [];
  const plane = await openForTest(t, { refused: (code) => void counted.push(code) });
  await addOperator(plane.store, "anna", "viewer");
  const anna = await plane.openSession("anna");
  const tcp = { host: "127.0.0.1", port: plane.port };
  const stranger = createClient(tcp, { authorization: "Bearer decnet-api-x" });
  await stranger.call("GET", "/api/v1/status");
  await anna.call("POST", "/api/v1/tokens", { body: {} });
  await anna.call("POST", "/api/v1/tokens", { body: {}, headers: { "x-csrf-token": "x" } });
  await anna.call("POST", "/api/v1/tokens", { body: {}, headers: { origin: "null" } });
  await anna.call("GET", "/api/v1/status", { headers: { host: "evil.example" } });
  assert.deepEqual(counted, [
    "api-token-invalid",
    "permission-denied",
    "csrf-token-invalid",
    "origin-refused",
    "host-header-refused",
  ]);
  assert.deepEqual(await plane.store.listAudit({ limit: 9 }), []);
});
