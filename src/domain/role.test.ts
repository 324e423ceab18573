import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { mayGrant, PERMISSIONS, ROLES, roleMay, SCOPES, tokenMay } from "./role.ts";

const granted = (may: (permission: (typeof PERMISSIONS)[number]) => boolean) =>
  PERMISSIONS.filter(may).join(" ");

test("roleMay() is this table", () => {
  assert.deepEqual(
    Object.fromEntries(ROLES.map((role) => [role, granted((p) => roleMay(role, p))])),
    {
      admin: PERMISSIONS.join(" "),
      operator: "self fleet.read fleet.write enrollment.write audit.read",
      viewer: "self fleet.read audit.read",
    },
  );
});

test("tokenMay() is this table, and never `self`", () => {
  const table = ROLES.flatMap((role) =>
    SCOPES.map((scope) => [`${role} ${scope}`, granted((p) => tokenMay(role, scope, p))]),
  );
  const read = "fleet.read audit.read";
  const write = "fleet.read fleet.write enrollment.write audit.read";
  assert.deepEqual(Object.fromEntries(table), {
    "admin read": read,
    "admin write": write,
    "admin admin": `${write} operators.read operators.write authority.write`,
    "operator read": read,
    "operator write": write,
    "operator admin": write,
    "viewer read": read,
    "viewer write": read,
    "viewer admin": read,
  });
});

test("mayGrant() lets nobody make a token of more than the own role", () => {
  const pairs = ROLES.flatMap((role) => SCOPES.filter((scope) => mayGrant(role, scope)));
  assert.deepEqual(pairs, ["read", "write", "admin", "read", "write", "read"]);
});

test("docs/security.md has the table of who may do what", () => {
  const text = readFileSync(new URL("../../docs/security.md", import.meta.url), "utf8");
  const part = text.split("<!-- roles -->")[1]?.split("<!-- /roles -->")[0] ?? "";
  const rows = part
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
    .map(([, permission, , ...roles]) => [permission, ...roles.slice(0, ROLES.length)]);
  assert.deepEqual(
    rows,
    PERMISSIONS.map((p) => [p, ...ROLES.map((role) => (roleMay(role, p) ? "yes" : ""))]),
  );
});
