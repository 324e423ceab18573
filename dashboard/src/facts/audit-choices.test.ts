import assert from "node:assert/strict";
import { test } from "node:test";
import { actionChoices, actorChoices } from "./audit-choices.ts";

const entries = [
  { actor: "operator:anna", action: "token.create" },
  { actor: "operator:anna/p1", action: "token.revoke" },
  { actor: "host:u1", action: "host.enroll" },
  { actor: "host:u2", action: "host.enroll" },
  { actor: "system", action: "login" },
];

test("actorChoices() has an operator once, and hosts by their names", () => {
  assert.deepEqual(actorChoices(entries, [{ uuid: "u1", name: "berlin-1" }], undefined), [
    { value: "anna", title: "anna" },
    { value: "host:u1", title: "host berlin-1" },
    { value: "host:u2", title: "host:u2" },
    { value: "system", title: "system" },
  ]);
});

test("actionChoices() has each action, and the area of several, and what is chosen", () => {
  assert.deepEqual(
    actionChoices(entries, "gone.by").map(({ title }) => title),
    ["gone.by", "host.enroll", "login", "token: all", "token.create", "token.revoke"],
  );
});
