import assert from "node:assert/strict";
import { test } from "node:test";
import { createUmac } from "./umac.ts";

const KEY = Buffer.from("abcdefghijklmnop");
const NONCE = Buffer.from("bcdefghi").readBigUInt64BE();

test("createUmac() makes the tags of RFC 4418's appendix", () => {
  for (const [message, tag64, tag128] of [
    ["", "6e155fad26900be1", "32fedb100c79ad58f07ff7643cc60465"],
    ["aaa", "44b5cb542f220104", "185e4fe905cba7bd85e4c2dc3d117d8d"],
    ["a".repeat(2 ** 10), "26bf2f5d60118bd9", "7a54abe04af82d60fb298c3cbd195bcb"],
    ["a".repeat(2 ** 15), "27f8ef643b0d118d", "7b136bd911e4b734286ef2be501f2c3c"],
    ["abc", "d4d7b9f6bd4fbfcf", "883c3d4b97a61976ffcf232308cba5a5"],
    ["abc".repeat(500), "d4cf26ddefd5c01a", "8824a260c53c66a36c9260a62cb83aa1"],
  ] as const) {
    const bytes = Buffer.from(message);
    assert.equal(createUmac(KEY, 8).tag(bytes, NONCE).toString("hex"), tag64);
    assert.equal(createUmac(KEY, 16).tag(bytes, NONCE).toString("hex"), tag128);
  }
});
