import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DecnetError, ERRORS, isErrorCode } from "./errors.ts";

test("docs/errors.md lists every error code, with its status, message and remedy, and no other", () => {
  const text = readFileSync(new URL("../../docs/errors.md", import.meta.url), "utf8");
  const rows = text.split("\n").filter((line) => line.startsWith("| `"));
  const documented = rows.map((row) => {
    const [, code = "", status, message, remedy] = row.split("|").map((cell) => cell.trim());
    const known = { status: status === "" ? null : Number(status), message, remedy };
    return [code.replaceAll("`", ""), known] as const;
  });
  assert.deepEqual(
    Object.fromEntries(documented),
    ERRORS,
    "out of step: npm run docs writes the table anew",
  );
});

test("every error says what to do, in sentences", () => {
  for (const [code, { message, remedy }] of Object.entries(ERRORS)) {
    assert.match(code, /^[a-z]+(?:-[a-z]+)*$/);
    assert.match(remedy, /[.]$/, code);
    assert.doesNotMatch(message, /[.|]$/, code);
  }
});

test("DecnetError tells the table's message, and what was wrong this time after it", () => {
  assert.equal(new DecnetError("port-in-use").message, ERRORS["port-in-use"].message);
  const error = new DecnetError("port-in-use", "127.0.0.1:8443");
  assert.equal(error.message, "port in use: 127.0.0.1:8443");
  assert.equal(error.remedy, ERRORS["port-in-use"].remedy);
});

test("isErrorCode() knows the table's codes, and nothing that every object has", () => {
  assert.equal(isErrorCode("port-in-use"), true);
  assert.equal(isErrorCode("toString"), false);
});
