import assert from "node:assert/strict";
import { test } from "node:test";
import type { RecoveryCodes, TotpAnswer } from "../../wire/api/operator.ts";
import { checkAnswers } from "./check-answer.ts";
import { addOperator, codeOf, openForTest, PASSWORD, type TestPlane } from "./open-for-test.ts";
import { totpAt } from "./totp.ts";

const STEP_MS = 30_000;
const SESSION = "/api/v1/session";

/** Gives admin a second factor, as an operator does. */
async function withTotp(plane: TestPlane) {
  const client = await plane.openSession("admin");
  const body = { password: PASSWORD };
  const begun = await client.call("POST", "/api/v1/account/totp", { body });
  const { uri, secret: shown } = begun.json as TotpAnswer;
  assert.equal(new URL(uri).searchParams.get("secret"), shown);
  const secret = fromBase32(shown);
  const code = totpAt(secret, plane.clock.nowMs());
  const path = "/api/v1/account/totp/activate";
  const active = await client.call("POST", path, { body: { code } });
  const { recoveryCodes } = active.json as RecoveryCodes;
  const codeNow = () => totpAt(secret, plane.clock.nowMs());
  const logIn = (code?: string, password = PASSWORD) =>
    plane.anonymous.call("POST", SESSION, { body: { user: "admin", password, code } });
  return { client, secret, shown, codeNow, logIn, recoveryCodes, usedCode: code };
}

function fromBase32(text: string): Buffer {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = Array.from(text).map((letter) =>
    letters.indexOf(letter).toString(2).padStart(5, "0"),
  );
  const bytes = bits.join("").match(/.{8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte, 2)));
}

test("a second factor is asked for after the password, and only a right code opens a session", async (t) => {
  const plane = await openForTest(t);
  const { logIn, codeNow } = await withTotp(plane);
  plane.clock.advance(STEP_MS);
  const without = await logIn();
  assert.deepEqual([without.status, codeOf(without)], [401, "totp-required"]);
  assert.equal(without.headers["set-cookie"], undefined);
  const wrong = await logIn(codeNow() === "000000" ? "000001" : "000000");
  assert.deepEqual([wrong.status, codeOf(wrong)], [401, "login-failed"]);
  assert.equal((await logIn(codeNow())).status, 201);
});

test("a code works once, and so does the one that activated the second factor", async (t) => {
  const plane = await openForTest(t);
  const { logIn, codeNow, usedCode } = await withTotp(plane);
  assert.equal((await logIn(usedCode)).status, 401);
  plane.clock.advance(STEP_MS);
  const code = codeNow();
  assert.equal((await logIn(code)).status, 201);
  assert.equal(codeOf(await logIn(code)), "login-failed");
  plane.clock.advance(STEP_MS);
  assert.equal((await logIn(code)).status, 401, "still within the slack, and used");
  const both = codeNow();
  const racing = await Promise.all([logIn(both), logIn(both), logIn(both)]);
  assert.deepEqual(
    racing.map(({ status }) => status).toSorted((a, b) => a - b),
    [201, 401, 401],
  );
});

test("a recovery code opens one session, however it is typed", async (t) => {
  const plane = await openForTest(t);
  const { logIn, recoveryCodes } = await withTotp(plane);
  const [first = ""] = recoveryCodes;
  assert.equal(recoveryCodes.length, 10);
  assert.equal((await logIn(first.toUpperCase().replace("-", " "))).status, 201);
  assert.equal(codeOf(await logIn(first)), "login-failed");
  const [row] = (await plane.store.listAudit({ limit: 9 })).filter(
    ({ outcome }) => outcome === "ok",
  );
  assert.equal(row?.action, "login.recovery");
});

test("with a wrong password, nobody learns whether there is a second factor or account", async (t) => {
  const plane = await openForTest(t);
  await addOperator(plane.store, "gone", "viewer");
  await plane.store.changeOperator("gone", { disabledMs: 1 }, 1);
  const { codeNow } = await withTotp(plane);
  plane.clock.advance(STEP_MS);
  const told = async (body: object) => {
    const { status, text } = await plane.anonymous.call("POST", SESSION, { body });
    return [status, text.replace(/"requestId":"[^"]*"/, "")];
  };
  const nobody = await told({ user: "nobody", password: "x" });
  assert.deepEqual(await told({ user: "admin", password: "x" }), nobody);
  assert.deepEqual(await told({ user: "admin", password: "x", code: codeNow() }), nobody);
  assert.deepEqual(await told({ user: "gone", password: PASSWORD }), nobody);
  assert.deepEqual(await told({ user: "gone", password: PASSWORD, code: "000000" }), nobody);
});

test("guessing codes is slowed down as guessing passwords is, also by whoever has the password", async (t) => {
  const plane = await openForTest(t);
  const { logIn, codeNow } = await withTotp(plane);
  plane.clock.advance(STEP_MS);
  const wrong = codeNow() === "000000" ? "000001" : "000000";
  const codes = [undefined, wrong, wrong, undefined, wrong];
  for (const code of codes) assert.equal((await logIn(code)).status, 401);
  for (const code of [undefined, wrong, codeNow()]) assert.equal((await logIn(code)).status, 429);
});

test("a second factor's secret is kept encrypted, and recovery codes hashed", async (t) => {
  const plane = await openForTest(t);
  const { secret, shown } = await withTotp(plane);
  const kept = JSON.stringify(await plane.store.getTotp("admin"));
  for (const form of [shown, secret.toString("base64"), secret.toString("hex")]) {
    assert.ok(!kept.includes(form));
  }
});

test("beginning, activating and removing a second factor are refused out of turn", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(await plane.openSession("admin"));
  const path = "/api/v1/account/totp";
  const body = { password: PASSWORD };
  const early = await client.call("POST", `${path}/activate`, { body: { code: "000000" } });
  assert.equal(codeOf(early), "totp-not-begun");
  const wrong = await client.call("POST", path, { body: { password: "x" } });
  assert.equal(codeOf(wrong), "request-invalid");
  const begun = (await client.call("POST", path, { body })).json as TotpAnswer;
  const right = totpAt(fromBase32(begun.secret), plane.clock.nowMs());
  const code = right === "000000" ? "000001" : "000000";
  const bad = await client.call("POST", `${path}/activate`, { body: { code } });
  assert.equal(codeOf(bad), "totp-invalid");
  assert.equal((await plane.store.getOperator("admin"))?.hasTotp, false);
  const active = await client.call("POST", `${path}/activate`, { body: { code: right } });
  assert.equal(active.status, 200);
  assert.equal(codeOf(await client.call("POST", path, { body })), "totp-active");
  const refused = await client.call("POST", `${path}/remove`, { body: { password: "x" } });
  assert.equal(refused.status, 422);
  assert.equal((await client.call("POST", `${path}/remove`, { body })).status, 204);
  assert.equal((await plane.store.getOperator("admin"))?.hasTotp, false);
});

test("one's own password is changed by who knows it, and all sessions end", async (t) => {
  const plane = await openForTest(t);
  const [one, two] = [await plane.openSession("admin"), await plane.openSession("admin")];
  const path = "/api/v1/account/password";
  const newPassword = "staple-battery-horse";
  const wrong = await one.call("POST", path, { body: { password: "x", newPassword } });
  assert.equal(wrong.status, 422);
  const short = await one.call("POST", path, {
    body: { password: PASSWORD, newPassword: "short" },
  });
  assert.equal(short.status, 422);
  const body = { password: PASSWORD, newPassword };
  assert.equal((await one.call("POST", path, { body })).status, 204);
  for (const client of [one, two]) assert.equal((await client.call("GET", SESSION)).status, 401);
  const logIn = (password: string) =>
    plane.anonymous.call("POST", SESSION, { body: { user: "admin", password } });
  assert.equal((await logIn(PASSWORD)).status, 401);
  assert.equal((await logIn(newPassword)).status, 201);
});

test("operators are made, changed and deleted; each change ends sessions and streams at once", async (t) => {
  const plane = await openForTest(t);
  const client = await checkAnswers(plane.local);
  const body = { name: "anna", role: "viewer" };
  const made = await client.call("POST", "/api/v1/operators", { body });
  assert.equal(made.status, 201);
  assert.equal((await plane.anonymous.call("POST", SESSION, { body: made.json })).status, 201);
  const again = await client.call("POST", "/api/v1/operators", { body });
  assert.equal(codeOf(again), "operator-name-taken");

  const path = "/api/v1/operators/anna";
  const changes = [
    () => client.call("POST", path, { body: { role: "operator" } }),
    () => client.call("POST", path, { body: { disabled: false } }),
    () => client.call("POST", `${path}/password`),
    () => client.call("DELETE", path),
  ];
  for (const change of changes) {
    const anna = await plane.openSession("anna");
    const stream = await anna.open("GET", "/api/v1/stream");
    const ended = new Promise((resolve) => stream.once("end", resolve));
    stream.resume();
    assert.ok((await change()).status < 300);
    assert.equal((await anna.call("GET", SESSION)).status, 401);
    await ended;
  }
  assert.equal(codeOf(await client.call("DELETE", path)), "operator-not-found");
  const last = await client.call("DELETE", "/api/v1/operators/admin");
  assert.deepEqual([last.status, codeOf(last)], [409, "last-admin"]);
  const demoted = await client.call("POST", "/api/v1/operators/admin", {
    body: { role: "viewer" },
  });
  assert.equal(codeOf(demoted), "last-admin");
  const rows = await plane.store.listAudit({ limit: 20, target: "anna" });
  assert.deepEqual(
    rows.map(({ action, outcome }) => `${action} ${outcome}`),
    [
      "operator.delete operator-not-found",
      "operator.delete ok",
      "operator.reset-password ok",
      "operator.enable ok",
      "operator.set-role-operator ok",
      "login ok",
    ],
  );
});
