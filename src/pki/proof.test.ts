import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { test } from "node:test";
import { signStatement, verifyStatement } from "./proof.ts";

const keys: Readonly<Record<string, KeyObject>> = {
  "P-256": generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "P-384": generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  Ed25519: generateKeyPairSync("ed25519").privateKey,
  RSA: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
};

for (const [name, key] of Object.entries(keys)) {
  test(`verifyStatement() takes what signStatement() made with ${name}, and nothing else`, () => {
    const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
    const spki = createPublicKey(key).export({ type: "spki", format: "der" }).toString("base64");
    const signature = signStatement(pem, "a statement");
    assert.equal(verifyStatement(spki, "a statement", signature), true);
    assert.equal(verifyStatement(spki, "another", signature), false);
    for (const bad of ["", "AAAA", "A".repeat(4000), "%%%", signature.slice(8)]) {
      assert.equal(verifyStatement(spki, "a statement", bad), false);
    }
    assert.equal(verifyStatement("AAAA", "a statement", signature), false);
    assert.equal(verifyStatement("", "a statement", signature), false);
  });
}
