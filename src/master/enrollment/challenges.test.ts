import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createChallenges } from "./challenges.ts";

const T0 = 1_800_000_000_000;

test("a challenge is open for a minute, for its host, until it is spent", () => {
  const challenges = createChallenges(randomBytes);
  const nonce = challenges.issue("a", T0);
  assert.equal(challenges.isOpen(nonce, "a", T0), true);
  assert.equal(challenges.isOpen(nonce, "a", T0 + 59_999), true);
  assert.equal(challenges.isOpen(nonce, "a", T0 + 60_000), false);
  assert.equal(challenges.isOpen(nonce, "a", T0 - 1), false, "from a clock that stepped back");
  assert.equal(challenges.isOpen(nonce, "b", T0), false);
  challenges.spend(nonce, T0);
  assert.equal(challenges.isOpen(nonce, "a", T0), false);
  assert.notEqual(challenges.issue("a", T0), nonce);
});

test("isOpen() takes no other spelling, no other bytes, and nothing of another process", () => {
  const challenges = createChallenges(randomBytes);
  const nonce = challenges.issue("a", T0);
  const bytes = Buffer.from(nonce, "base64url");
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.equal(challenges.isOpen(changed.toString("base64url"), "a", T0), false);
  }
  for (const other of ["", "x", `${nonce}=`, ` ${nonce}`, nonce.slice(1), `${nonce}AAAA`]) {
    assert.equal(challenges.isOpen(other, "a", T0), false);
  }
  assert.equal(createChallenges(randomBytes).isOpen(nonce, "a", T0), false);
});
