import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { seal, unseal } from "./seal.ts";
import {
  base32,
  makeRecoveryCodes,
  makeTotpSecret,
  matchTotp,
  otpauthUri,
  readRecoveryCode,
  totpAt,
} from "./totp.ts";

const secret = Buffer.from("12345678901234567890");

test("totpAt() gives the codes of RFC 6238, appendix B, in six digits", () => {
  const codes = [59, 1_111_111_109, 1_111_111_111, 1_234_567_890, 2_000_000_000, 20_000_000_000];
  assert.deepEqual(
    codes.map((seconds) => totpAt(secret, seconds * 1_000)),
    ["287082", "081804", "050471", "005924", "279037", "353130"],
  );
});

test("matchTotp() takes the step before and after, and names which it was", () => {
  const nowMs = 1_800_000_000_000;
  const step = nowMs / 30_000;
  const at = (steps: number) => matchTotp(secret, totpAt(secret, nowMs + steps * 30_000), nowMs);
  assert.deepEqual([-2, -1, 0, 1, 2].map(at), [null, step - 1, step, step + 1, null]);
  for (const code of ["", "12345", "1234567", "abcdef"]) {
    assert.equal(matchTotp(secret, code, nowMs), null);
  }
});

test("base32() and otpauthUri() are as authenticator apps read them", () => {
  assert.equal(base32(Buffer.from("foobar")), "MZXW6YTBOI");
  assert.equal(base32(secret), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  assert.equal(
    otpauthUri(secret, "anna b"),
    "otpauth://totp/DECNET:anna%20b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=DECNET&algorithm=SHA1&digits=6&period=30",
  );
  assert.equal(makeTotpSecret(randomBytes).length, 20);
});

test("recovery codes differ, and are read however they are typed", () => {
  const codes = makeRecoveryCodes(randomBytes);
  assert.equal(new Set(codes).size, 10);
  for (const code of codes) {
    assert.match(code, /^[a-z2-7]{5}-[a-z2-7]{5}$/);
    assert.equal(readRecoveryCode(` ${code.toUpperCase().replace("-", " ")} `), code);
  }
  for (const text of ["", "123456", "abcde-fghi1", "abcde-fghij-k"]) {
    assert.equal(readRecoveryCode(text), null);
  }
});

test("unseal() opens for the same key and owner, and for nothing else", () => {
  const key = randomBytes(32);
  const sealed = seal(key, secret, "anna", randomBytes);
  assert.deepEqual(unseal(key, sealed, "anna"), secret);
  assert.notEqual(seal(key, secret, "anna", randomBytes), sealed);
  assert.throws(() => unseal(key, sealed, "eve"));
  assert.throws(() => unseal(randomBytes(32), sealed, "anna"));
  const changed = Buffer.from(sealed, "base64");
  changed[20] = (changed[20] ?? 0) ^ 1;
  assert.throws(() => unseal(key, changed.toString("base64"), "anna"));
});
