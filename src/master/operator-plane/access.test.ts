import assert from "node:assert/strict";
import { test } from "node:test";
import { ROLES, roleMay, SCOPES, tokenMay } from "../../domain/role.ts";
import { addOperator, codeOf, createClient, openForTest } from "./open-for-test.ts";

/** Every route that changes something: what it needs, a body that it takes, and one that it does not. */
const CHANGING = [
  ["DELETE", "/api/v1/session", "self", undefined, undefined],
  ["POST", "/api/v1/account/password", "self", { password: "x", newPassword: "y".repeat(12) }, {}],
  ["POST", "/api/v1/account/totp", "self", { password: "x" }, {}],
  ["POST", "/api/v1/account/totp/activate", "self", { code: "000000" }, { code: "1" }],
  ["POST", "/api/v1/account/totp/remove", "self", { password: "x" }, {}],
  ["POST", "/api/v1/api-tokens", "self", { purpose: "p", scope: "read" }, { scope: "all" }],
  ["DELETE", "/api/v1/api-tokens/t", "self", undefined, undefined],
  ["POST", "/api/v1/hosts/h/decommission", "fleet.write", { confirmName: "h" }, {}],
  ["POST", "/api/v1/hosts/h/release", "fleet.write", { confirmName: "h" }, {}],
  ["POST", "/api/v1/alarms/1/acknowledge", "fleet.write", undefined, undefined],
  ["POST", "/api/v1/deckies", "fleet.write", { host: "h" }, { host: "h", services: [] }],
  ["DELETE", "/api/v1/deckies/d", "fleet.write", undefined, undefined],
  ["POST", "/api/v1/tokens", "enrollment.write", {}, { ttlMs: 1 }],
  ["DELETE", "/api/v1/tokens/t", "enrollment.write", undefined, undefined],
  ["POST", "/api/v1/operators", "operators.write", { name: "n", role: "viewer" }, { name: "N" }],
  ["POST", "/api/v1/authorities/rotate", "authority.write", undefined, undefined],
  [
    "POST",
    "/api/v1/authorities/retire",
    "authority.write",
    { confirmFingerprint: "a".repeat(64) },
    {},
  ],
  ["POST", "/api/v1/operators/o", "operators.write", { disabled: true }, {}],
  ["DELETE", "/api/v1/operators/o", "operators.write", undefined, undefined],
  ["POST", "/api/v1/operators/o/password", "operators.write", undefined, undefined],
  ["DELETE", "/api/v1/operators/o/totp", "operators.write", undefined, undefined],
] as const;

const READING = [
  ["/api/v1/session", "self"],
  ["/api/v1/api-tokens", "self"],
  ["/api/v1/status", "fleet.read"],
  ["/api/v1/hosts", "fleet.read"],
  ["/api/v1/hosts/h", "fleet.read"],
  ["/api/v1/problems", "fleet.read"],
  ["/api/v1/alarms", "fleet.read"],
  ["/api/v1/deckies", "fleet.read"],
  ["/api/v1/shards", "fleet.read"],
  ["/api/v1/events", "fleet.read"],
  ["/api/v1/tokens", "fleet.read"],
  ["/api/v1/authorities", "fleet.read"],
  ["/api/v1/stream", "fleet.read"],
  ["/api/v1/audit", "audit.read"],
  ["/api/v1/audit/verify", "audit.read"],
  ["/api/v1/operators", "operators.read"],
] as const;

const ROUTES = [
  ...CHANGING.map(([method, path, needs, body]) => ({ method, path, needs, body })),
  ...READING.map(([path, needs]) => ({ method: "GET", path, needs, body: undefined })),
];

test("every route of the document is in this file's table", async (t) => {
  const { anonymous } = await openForTest(t);
  const { json } = await anonymous.call("GET", "/api/v1/openapi.json");
  const { paths } = json as { paths: Record<string, Record<string, unknown>> };
  const shown = Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{\w+\}/g, "*")}`),
  );
  const listed = ["POST /api/v1/session", ...ROUTES.map(({ method, path }) => `${method} ${path}`)];
  const generic = listed.map((route) =>
    route.replace(/\/(hosts|deckies|tokens|operators|api-tokens|alarms)\/[a-z1](?=$|\/)/, "/$1/*"),
  );
  assert.deepEqual(
    shown.filter((route) => !route.startsWith("HEAD")).toSorted(),
    generic.toSorted(),
  );
});

test("every route lets in exactly the roles that have its permission", async (t) => {
  const plane = await openForTest(t);
  for (const role of ROLES) {
    const name = `the-${role}`;
    await addOperator(plane.store, name, role);
    for (const { method, path, needs, body } of ROUTES) {
      if (path === "/api/v1/session" && method === "DELETE") continue;
      const client = await plane.openSession(name);
      const answer = await client.open(method, path, { body });
      answer.destroy();
      const isRefused = answer.statusCode === 403;
      assert.equal(!isRefused, roleMay(role, needs), `${role} ${method} ${path}`);
    }
  }
});

test("every route lets in exactly the API tokens that have its permission", async (t) => {
  const plane = await openForTest(t);
  for (const role of ROLES) {
    await addOperator(plane.store, role, role);
    for (const scope of SCOPES) {
      const client = await plane.openToken(role, scope);
      for (const { method, path, needs, body } of ROUTES) {
        const answer = await client.open(method, path, { body });
        answer.destroy();
        const isRefused = answer.statusCode === 403;
        const name = `${role} ${scope} ${method} ${path}`;
        assert.equal(!isRefused, tokenMay(role, scope, needs), name);
      }
    }
  }
});

test("every route below /api refuses who is not logged in", async (t) => {
  const { anonymous } = await openForTest(t);
  for (const [method, path, , body] of CHANGING) {
    const answer = await anonymous.call(method, path, { body });
    assert.equal(answer.status, 401, `${method} ${path}`);
    assert.equal(codeOf(answer), "login-required");
  }
  for (const [path] of READING) {
    const answer = await anonymous.call("GET", path, { headers: { cookie: "decnet_session=x" } });
    assert.equal(answer.status, 401, path);
  }
});

test("every changing route refuses a session's request without its CSRF token", async (t) => {
  const plane = await openForTest(t);
  const { cookie, csrfToken } = await plane.logIn();
  const other = await plane.logIn();
  for (const [method, path, , body] of CHANGING) {
    for (const token of ["", `${csrfToken}x`, other.csrfToken]) {
      const headers = { cookie, "x-csrf-token": token };
      const answer = await plane.anonymous.call(method, path, { body, headers });
      assert.equal(answer.status, 403, `${method} ${path}`);
      assert.equal(codeOf(answer), "csrf-token-invalid");
    }
  }
  assert.equal((await plane.store.listAudit({ limit: 10 })).length, 2, "only the logins");
});

test("every changing route refuses another site's page, though it has cookie and token", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  for (const [method, path, body] of [
    ...CHANGING.map(([method, path, , body]) => [method, path, body] as const),
    ["POST", "/api/v1/session", {}] as const,
  ]) {
    for (const headers of [
      { origin: "http://evil.example" },
      { origin: "null" },
      { origin: `http://127.0.0.1:${plane.port + 1}` },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
    ]) {
      const answer = await client.call(method, path, { body, headers });
      assert.equal(codeOf(answer), "origin-refused", `${method} ${path}`);
    }
  }
});

test("a page of the dashboard's own origin may change things", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  const headers = {
    origin: `http://127.0.0.1:${plane.port}`,
    "sec-fetch-site": "same-origin",
  };
  assert.equal((await client.call("POST", "/api/v1/tokens", { body: {}, headers })).status, 201);
});

test("every route with a body names what is wrong with a bad one", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  const withBody = CHANGING.filter(([, , , body]) => body !== undefined);
  for (const [method, path, , , bad] of withBody) {
    for (const body of [bad, [], "null", undefined]) {
      const answer = await client.call(method, path, { body });
      assert.equal(answer.status, 422, `${method} ${path} ${JSON.stringify(body)}`);
      const { error } = answer.json as { error: { code: string; fields: unknown[] } };
      assert.equal(error.code, "request-invalid");
      assert.ok(error.fields.length > 0);
    }
    const broken = await client.call(method, path, { body: "{" });
    assert.equal(broken.status, 400);
    assert.equal(codeOf(broken), "body-not-json");
  }
});

test("a Host header that does not name this machine is refused: DNS rebinding", async (t) => {
  const plane = await openForTest(t);
  const client = await plane.logIn();
  for (const host of [
    "evil.example",
    `evil.example:${plane.port}`,
    "127.0.0.1.evil.example",
    "0.0.0.0",
  ]) {
    for (const path of ["/api/v1/status", "/", "/metrics", "/healthz", "/nowhere"]) {
      const answer = await client.call("GET", path, { headers: { host } });
      assert.equal(answer.status, 421, `${host} ${path}`);
    }
  }
  for (const host of ["localhost", "LOCALHOST:9000", "127.0.0.1:1", "[::1]:8443", "127.9.9.9"]) {
    assert.equal((await client.call("GET", "/api/v1/status", { headers: { host } })).status, 200);
  }
});

test("the socket file's caller needs neither session nor CSRF token, and is named in the audit", async (t) => {
  const { local, store } = await openForTest(t);
  assert.equal((await local.call("GET", "/api/v1/hosts")).status, 200);
  assert.equal((await local.call("POST", "/api/v1/tokens", { body: {} })).status, 201);
  const [row] = await store.listAudit({ limit: 1 });
  assert.equal(row?.actor, `local:${process.getuid?.()}`);
  assert.equal(row?.address, null);
});

test("nothing that a TCP client sends makes it a local caller", async (t) => {
  const plane = await openForTest(t);
  const tries = [
    { "x-forwarded-for": "unix:" },
    { "x-real-ip": "" },
    { forwarded: "for=unix" },
    { authorization: "local:0" },
    { cookie: "decnet_session=local:0" },
    { "x-local": "1", caller: "local" },
  ];
  for (const headers of tries) {
    const client = createClient({ host: "127.0.0.1", port: plane.port }, headers);
    assert.equal((await client.call("GET", "/api/v1/hosts")).status, 401);
  }
});

test("a password is reset by the socket file or an admin, and the sessions end", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "anna", "operator");
  const admin = await plane.logIn();
  for (const by of [plane.local, admin]) {
    const client = await plane.openSession("anna");
    const unknown = await by.call("POST", "/api/v1/operators/nobody/password");
    assert.equal(codeOf(unknown), "operator-not-found");
    const { json, status } = await by.call("POST", "/api/v1/operators/anna/password");
    assert.equal(status, 200);
    const { user, password } = json as { user: string; password: string };
    assert.equal((await client.call("GET", "/api/v1/session")).status, 401, "its sessions ended");
    const body = { user, password };
    assert.equal((await plane.anonymous.call("POST", "/api/v1/session", { body })).status, 201);
  }
});
