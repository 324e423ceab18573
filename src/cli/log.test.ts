import assert from "node:assert/strict";
import { test } from "node:test";
import pino from "pino";
import { logOver } from "./log.ts";

function recordingLog() {
  const lines: string[] = [];
  const log = logOver(
    pino({ base: null, timestamp: false }, { write: (line) => lines.push(line) }),
  );
  return { log, facts: () => JSON.parse(lines.at(-1) ?? "") as Record<string, unknown> };
}

test("the log replaces what is key-, token- or password-like, at any depth", () => {
  const { log, facts } = recordingLog();
  log.child({ apiKey: "k" }).info("said", {
    password: "p",
    nested: { joinToken: "t", list: [{ cookie: "c" }] },
    tokens: 3,
    host: "kept",
  });
  assert.deepEqual(facts(), {
    level: 30,
    apiKey: "[redacted]",
    password: "[redacted]",
    nested: { joinToken: "[redacted]", list: [{ cookie: "[redacted]" }] },
    tokens: 3,
    host: "kept",
    msg: "said",
  });
});

test("the log replaces join tokens and private keys inside other text", () => {
  const { log, facts } = recordingLog();
  log.warn("refused", {
    body: 'x {"t":"decnet-join-1/h/1/f/s/c"}',
    pem: "-----BEGIN PRIVATE KEY-----\nMIG",
  });
  assert.equal(facts()["body"], 'x {"t":"[redacted]');
  assert.equal(facts()["pem"], "[redacted]");
});

test("the log tells errors with their causes, and survives facts that contain themselves", () => {
  const { log, facts } = recordingLog();
  const loop: Record<string, unknown> = {};
  loop["self"] = loop;
  log.error("failed", { error: new Error("outer", { cause: new RangeError("inner") }), loop });
  const error = facts()["error"] as { message: string; cause: { name: string } };
  assert.equal(error.message, "outer");
  assert.equal(error.cause.name, "RangeError");
});
