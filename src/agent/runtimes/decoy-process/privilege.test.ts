import assert from "node:assert/strict";
import { test } from "node:test";
import { mustDropPrivilege } from "./privilege.ts";

test("mustDropPrivilege() is for root alone, wherever nobody exists", () => {
  assert.equal(mustDropPrivilege(0, "         0          0 4294967295\n"), true);
  assert.equal(mustDropPrivilege(0, "0 100000 65536\n"), true);
  assert.equal(mustDropPrivilege(0, null), true);
  assert.equal(mustDropPrivilege(1000, "0 0 4294967295\n"), false);
  assert.equal(mustDropPrivilege(null, null), false);
});

test("mustDropPrivilege() lets the root of a namespace with a single user be", () => {
  assert.equal(mustDropPrivilege(0, "         0       1000          1\n"), false);
});
