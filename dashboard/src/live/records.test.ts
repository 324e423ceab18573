import assert from "node:assert/strict";
import { test } from "node:test";
import type { ApiAuditEntry } from "../../../src/wire/api/audit.ts";
import type { ApiAccessToken } from "../../../src/wire/api/operator.ts";
import type { ApiToken } from "../../../src/wire/api/token.ts";
import { type AuditFilter, type AuditList, applyToAudit } from "./audit-list.ts";
import type { Change } from "./keyed.ts";
import { applyToApiTokens, applyToOperators, applyToTokens } from "./records.ts";

const at = (seq: number, change: object) => ({ seq, atMs: seq, ...change }) as Change;
const list = <T>(items: T[], seq = 10) => ({ items, seq, nowMs: 0 });

const token: ApiToken = {
  id: "t1",
  createdMs: 1,
  createdBy: "operator:anna",
  expiresMs: 9,
  hostName: null,
  usedMs: null,
  usedByHostUuid: null,
  revokedMs: null,
};
const apiToken: ApiAccessToken = {
  id: "p1",
  operator: "anna",
  purpose: "backup",
  scope: "read",
  createdMs: 1,
  expiresMs: 9,
  lastUsedMs: null,
  revokedMs: null,
};
const row = (id: number, over: Partial<ApiAuditEntry> = {}): ApiAuditEntry => ({
  id,
  atMs: id,
  actor: "operator:anna",
  action: "token.create",
  target: "t",
  outcome: "ok",
  address: "127.0.0.1",
  hash: "",
  ...over,
});

test("applyToTokens() and applyToApiTokens() put what was made or changed, and pass over what is shown", () => {
  const used = { ...token, usedMs: 5, usedByHostUuid: "h" };
  const before = list([token]);
  const change = at(11, { topic: "token", key: "t1", body: used });
  assert.deepEqual(applyToTokens(before, [change]).items, [used]);
  assert.equal(applyToTokens(list([token], 11), [change]).items[0], token);
  const made = at(12, { topic: "api-token", key: "p1", body: apiToken });
  const gone = at(13, { topic: "api-token-removed", key: "p1", body: { operator: "anna" } });
  assert.deepEqual(applyToApiTokens(list([]), [made]).items, [apiToken]);
  assert.deepEqual(applyToApiTokens(list([]), [made, gone]).items, []);
  assert.equal(applyToApiTokens(null, [made]), null, "nobody has looked at them");
});

test("applyToOperators() follows who may log in", () => {
  const anna = { name: "anna", role: "viewer", createdMs: 1, disabledMs: null, hasTotp: false };
  const made = at(11, { topic: "operator", key: "anna", body: anna });
  const gone = at(12, { topic: "operator-removed", key: "anna", body: null });
  assert.deepEqual(applyToOperators(list([]), [made]).items, [anna]);
  assert.deepEqual(applyToOperators(list([]), [made, gone]).items, []);
});

test("applyToAudit() puts new rows on top, once, where its filter takes them", () => {
  const rows = [
    row(3),
    row(4, { actor: "operator:anna/p1", target: "u1", outcome: "host-not-found" }),
    row(5, { actor: "host:u1", action: "host.enroll", target: null }),
    row(6, { actor: "operator:annabel", action: "tokens", target: null }),
  ];
  const changes = rows.map((body) => at(body.id + 10, { topic: "audit", key: `${body.id}`, body }));
  const found = (filter: AuditFilter, held: readonly ApiAuditEntry[] = []) => {
    const before: AuditList = { ...list([...held]), more: false };
    const after = applyToAudit(before, filter, changes, [{ uuid: "u1", name: "berlin-1" }]);
    return after.items.map(({ id }) => id);
  };
  assert.deepEqual(found({}), [6, 5, 4, 3]);
  assert.deepEqual(found({}, [row(4), row(3)]), [6, 5, 4, 3], "the list showed two of them");
  assert.deepEqual(found({ actor: "anna" }), [4, 3], "with what her tokens did");
  assert.deepEqual(found({ actor: "operator:anna" }), [3]);
  assert.deepEqual(found({ action: "token" }), [4, 3]);
  assert.deepEqual(found({ target: "u1" }), [4]);
  assert.deepEqual(found({ outcome: "refused" }), [4]);
  assert.deepEqual(found({ outcome: "ok" }), [6, 5, 3]);
  assert.deepEqual(found({ q: "BERLIN" }), [5, 4], "by the name of its host");
  assert.deepEqual(found({ q: "anna token.create" }), [4, 3]);
});
