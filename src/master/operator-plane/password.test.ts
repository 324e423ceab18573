import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import { ensureFirstAdmin } from "./first-admin.ts";
import { createManualClock } from "./manual-clock.ts";
import { generatePassword, hashPassword, isPassword } from "./password.ts";

test("hashPassword() names algorithm and cost, salts, and isPassword() tells right from wrong", async () => {
  const hash = await hashPassword("pässword", randomBytes);
  assert.match(hash, /^\$scrypt\$ln=17,r=8,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
  assert.equal(await isPassword("pa\u0308ssword", hash), true, "the same letters, typed otherwise");
  assert.equal(await isPassword("password", hash), false);
});

test("isPassword() is false where there is no account, and throws on a hash that is none", async () => {
  assert.equal(await isPassword("", null), false);
  await assert.rejects(isPassword("x", "$argon2id$v=19$m=1$a$b"));
});

test("generatePassword() gives 100 bits in letters that nobody confuses", () => {
  const passwords = Array.from({ length: 500 }, () => generatePassword(randomBytes));
  for (const password of passwords)
    assert.match(password, /^(?:[a-km-np-z2-9]{5}-){3}[a-km-np-z2-9]{5}$/);
  assert.equal(new Set(passwords).size, 500);
});

test("ensureFirstAdmin() makes one admin, once, and keeps no password", async (t) => {
  const store = openSqliteStore(":memory:");
  t.after(() => store.close());
  const deps = { store, clock: createManualClock(1_000), random: randomBytes };
  const admin = await ensureFirstAdmin(deps);
  assert.equal(admin?.user, "admin");
  const operator = await store.getOperator("admin");
  assert.equal(await isPassword(admin?.password ?? "", operator?.passwordHash ?? null), true);
  assert.ok(!operator?.passwordHash.includes(admin?.password ?? ""));
  assert.equal(await ensureFirstAdmin(deps), null);
});
