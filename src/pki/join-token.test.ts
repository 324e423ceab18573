import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { mintJoinToken, readJoinToken } from "./join-token.ts";

const authorityFingerprint = "ab".repeat(32);

function mint(host = "192.0.2.7", port = 8771) {
  return mintJoinToken({ authorityFingerprint, host, port, random: randomBytes });
}

test("readJoinToken() reads what mintJoinToken() made, for names and addresses of both kinds", () => {
  for (const host of ["192.0.2.7", "2001:db8::7", "master.example.net", "localhost"]) {
    const token = mint(host, 65_535);
    assert.deepEqual(readJoinToken(token.text), {
      host,
      port: 65_535,
      authorityFingerprint,
      secretHash: token.secretHash,
    });
  }
});

test("mintJoinToken() stores the SHA-256 of the fifth part, and no two are alike", () => {
  const [one, other] = [mint(), mint()];
  const secret = one.text.split("/")[4] ?? "";
  assert.equal(one.secretHash, createHash("sha256").update(secret).digest("hex"));
  assert.equal(Buffer.from(secret, "base64url").length, 32);
  assert.notEqual(one.secretHash, other.secretHash);
  assert.notEqual(one.id, other.id);
  assert.ok(!one.text.includes(one.id));
});

test("readJoinToken() minds no white space around the token", () => {
  const token = mint();
  assert.equal(readJoinToken(`  ${token.text}\r\n`)?.secretHash, token.secretHash);
});

test("readJoinToken() recognizes a token cut short anywhere, or with one character changed", () => {
  const { text } = mint();
  for (let end = 0; end < text.length; end++) assert.equal(readJoinToken(text.slice(0, end)), null);
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "7" ? "8" : "7";
    assert.equal(readJoinToken(text.slice(0, at) + other + text.slice(at + 1)), null);
  }
});

test("readJoinToken() gives null for other text", () => {
  for (const text of ["", "/", "/".repeat(600), "hello", "\0", "decnet-join-1/a/1/b/c/d"]) {
    assert.equal(readJoinToken(text), null);
  }
});

test("mintJoinToken() throws for an address that no token can carry", () => {
  for (const host of ["", "a b", "a/b", "[::1]", "-x", "host\n"]) assert.throws(() => mint(host));
  for (const port of [0, -1, 65_536, 1.5]) assert.throws(() => mint("localhost", port));
});
