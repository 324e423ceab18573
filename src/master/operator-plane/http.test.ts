import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { METRICS } from "./metrics.ts";
import { codeOf, openForTest } from "./open-for-test.ts";

test("an unknown path is 404, a wrong method 405 with the methods that are right", async (t) => {
  const { local } = await openForTest(t);
  for (const path of ["/api/v1/nowhere", "/api/v2/hosts", "/api/", "/nowhere.js", "/api/v1/%zz"]) {
    const answer = await local.call("GET", path);
    assert.equal(answer.status, 404, path);
    assert.equal(codeOf(answer), "route-unknown");
  }
  for (const [method, path, allow] of [
    ["PUT", "/api/v1/deckies", "GET, HEAD, POST"],
    ["GET", "/api/v1/deckies/web-1", "DELETE"],
    ["DELETE", "/api/v1/status", "GET, HEAD"],
    ["POST", "/healthz", "GET, HEAD"],
  ] as const) {
    const answer = await local.call(method, path);
    assert.equal(answer.status, 405, `${method} ${path}`);
    assert.equal(answer.headers.allow, allow);
  }
});

test("a body that is too large, not JSON or of another type is refused", async (t) => {
  const { local } = await openForTest(t);
  const large = { hostName: "x".repeat(64 * 1024) };
  const answers = [
    await local.call("POST", "/api/v1/tokens", { body: large }),
    await local.call("POST", "/api/v1/tokens", { body: '{"ttlMs":' }),
    await local.call("POST", "/api/v1/tokens", { body: '{"__proto__":{}}' }),
    await local.call("POST", "/api/v1/tokens", { body: "" }),
    await local.call("POST", "/api/v1/tokens", {
      body: "ttlMs=1",
      headers: { "content-type": "application/x-www-form-urlencoded" },
    }),
    await local.call("POST", "/api/v1/tokens", {
      body: "{}",
      headers: { "content-type": "text/plain" },
    }),
  ];
  assert.deepEqual(
    answers.map((answer) => [answer.status, codeOf(answer)]),
    [
      [413, "body-too-large"],
      [400, "body-not-json"],
      [400, "body-not-json"],
      [400, "body-not-json"],
      [415, "media-type-unsupported"],
      [415, "media-type-unsupported"],
    ],
  );
});

test("every answer carries the headers that keep a browser safe", async (t) => {
  const { anonymous } = await openForTest(t);
  for (const path of ["/", "/api/v1/status", "/api/v1/openapi.json", "/nowhere"]) {
    const { headers } = await anonymous.call("GET", path);
    const csp = String(headers["content-security-policy"]);
    assert.match(csp, /default-src 'self'/);
    assert.match(csp, /frame-ancestors 'none'/);
    assert.doesNotMatch(csp, /unsafe|upgrade-insecure/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["referrer-policy"], "no-referrer");
    assert.equal(headers["x-frame-options"], "DENY");
    assert.equal(headers["access-control-allow-origin"], undefined);
    if (path.startsWith("/api")) assert.equal(headers["cache-control"], "no-store");
  }
});

test("the OpenAPI document is 3.1, with named schemas and a summary for every route", async (t) => {
  const { anonymous } = await openForTest(t);
  const document = (await anonymous.call("GET", "/api/v1/openapi.json")).json as {
    openapi: string;
    paths: Record<string, Record<string, { summary?: string; responses: object }>>;
    components: { schemas: object };
  };
  assert.equal(document.openapi, "3.1.0");
  assert.equal(
    Object.keys(document.components.schemas).toSorted().join(" "),
    "Alarm ApiError ApiToken AuditEntry AuditVerdict Authorities Authority Decky Event Host HostProblem JoinToken LeftBehind Operator Rotation Session Shard Status",
  );
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, { summary, responses }] of Object.entries(item)) {
      assert.ok(summary, `${method} ${path}`);
      assert.ok("4XX" in responses && "5XX" in responses, `${method} ${path}`);
    }
  }
  assert.ok(!JSON.stringify(document).includes("$id"));
});

test("/metrics lists every metric of METRICS and no other, without login", async (t) => {
  const plane = await openForTest(t);
  await plane.logIn();
  const { status, text, headers } = await plane.anonymous.call("GET", "/metrics");
  assert.equal(status, 200);
  assert.match(headers["content-type"] ?? "", /^text\/plain; version=0\.0\.4/);
  const shown = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name, type]);
  assert.deepEqual(
    shown,
    METRICS.map(({ name, type }) => [name, type]),
  );
  assert.match(text, /^decnet_heartbeats_total\{outcome="accepted"\} 3$/m);
  assert.match(text, /^decnet_logins_total\{outcome="ok"\} 1$/m);
  assert.match(text, /^decnet_hosts\{state="active"\} 0$/m);
  const again = await plane.anonymous.call("GET", "/metrics");
  assert.match(again.text, /^decnet_heartbeats_total\{outcome="accepted"\} 3$/m, "not summed up");
});

test("/healthz says that the process runs, /readyz that store and liveness do", async (t) => {
  const plane = await openForTest(t);
  assert.equal((await plane.anonymous.call("GET", "/healthz")).status, 200);
  assert.equal((await plane.anonymous.call("GET", "/readyz")).status, 200);
  plane.clock.advance(60_001);
  const late = await plane.anonymous.call("GET", "/readyz");
  assert.equal(late.status, 503);
  assert.equal(late.text, "liveness was last checked 60001 ms ago\n");
  assert.equal((await plane.anonymous.call("GET", "/healthz")).status, 200);
});

test("the dashboard's files are served: hashed ones for ever, its pages by index.html", async (t) => {
  const dir = mkdtempSync(join(tmpdir(), "decnet-"));
  t.after(() => rmSync(dir, { recursive: true }));
  const dashboardDir = join(dir, "dist");
  mkdirSync(join(dashboardDir, "assets"), { recursive: true });
  writeFileSync(join(dashboardDir, "index.html"), "<!doctype html><title>DECNET</title>");
  writeFileSync(join(dashboardDir, "assets/main-1a2b3c.js"), "export {};");
  writeFileSync(join(dir, "secret"), "outside");
  const { anonymous } = await openForTest(t, { dashboardDir });
  const headers = { accept: "text/html" };

  const script = await anonymous.call("GET", "/assets/main-1a2b3c.js");
  assert.equal(script.headers["cache-control"], "public, max-age=31536000, immutable");
  assert.match(script.headers["content-type"] ?? "", /javascript/);
  for (const path of ["/", "/hosts", "/deckies/web-1?tab=events"]) {
    const page = await anonymous.call("GET", path, { headers });
    assert.equal(page.status, 200, path);
    assert.match(page.text, /DECNET/);
    assert.equal(page.headers["cache-control"], "no-cache");
  }
  for (const path of [
    "/assets/gone.js",
    "/../secret",
    "/%2e%2e/secret",
    "/assets/..%2f..%2fsecret",
  ]) {
    const answer = await anonymous.call("GET", path, { headers });
    assert.ok(answer.status < 500, `${path}: ${answer.status}`);
    assert.ok(!answer.text.includes("outside"));
  }
  assert.equal((await anonymous.call("GET", "/api/v1/nowhere", { headers })).status, 404);
  assert.equal((await anonymous.call("POST", "/hosts", { headers })).status, 405);
});

test("without the dashboard's files, the page says how to build them", async (t) => {
  const { anonymous } = await openForTest(t, { dashboardDir: "/nonexistent/dist" });
  const { status, text } = await anonymous.call("GET", "/");
  assert.equal(status, 503);
  assert.match(text, /not in \/nonexistent\/dist\.\nBuild them with: npm run build/);
});
