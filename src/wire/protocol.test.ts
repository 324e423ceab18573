import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { test } from "node:test";
import { TrustAnswer, TrustReport } from "./authorities.ts";
import { DesiredDecky, DesiredState } from "./desired.ts";
import { EnrollmentAnswer, EnrollmentRequest } from "./enrollment.ts";
import { EventReceipt, MAX_EVENTS, MAX_EVENTS_BYTES } from "./events.ts";
import { HEADERS } from "./headers.ts";
import { DeckyConfigShape, HeartbeatBody, MAX_HEARTBEAT_BYTES } from "./heartbeat.ts";
import {
  ChallengeAnswer,
  ChallengeRequest,
  RecoveryRequest,
  RenewalAnswer,
  RenewalRequest,
  recoveryStatement,
} from "./renewal.ts";

const page = readFileSync(resolve(import.meta.dirname, "../../docs/protocol.md"), "utf8");

function named(what: string): boolean {
  return new RegExp(`[\`."]${what}[\`"]`, "i").test(page);
}

test("docs/protocol.md names every field of every message", () => {
  const shapes = {
    HeartbeatBody,
    Status: HeartbeatBody.properties.status,
    DeckyConfigShape,
    DesiredState,
    DesiredDecky,
    EventReceipt,
    EnrollmentRequest,
    EnrollmentAnswer,
    RenewalRequest,
    RenewalAnswer,
    ChallengeRequest,
    ChallengeAnswer,
    RecoveryRequest,
    TrustReport,
    TrustAnswer,
  };
  const missing = Object.entries(shapes).flatMap(([shape, { properties }]) =>
    Object.keys(properties)
      .filter((field) => !named(field) && !named(`status\\.${field}`))
      .map((field) => `${shape}.${field}`),
  );
  assert.deepEqual(missing, []);
});

test("docs/protocol.md names every header, and no other of ours", () => {
  const known = new Set<string>(Object.values(HEADERS));
  const written = new Set(
    [...page.matchAll(/`(Decnet-[A-Za-z-]+)`/g)].map(([, header]) => header?.toLowerCase()),
  );
  assert.deepEqual(written, known);
});

test("docs/protocol.md tells the limits as they are", () => {
  assert.ok(page.includes(`${MAX_HEARTBEAT_BYTES / 1024 / 1024} MiB a heartbeat`));
  assert.ok(page.includes(`${MAX_EVENTS_BYTES / 1024 / 1024} MiB a batch of events`));
  assert.ok(page.includes(`1 to ${MAX_EVENTS} of them`));
});

test("docs/protocol.md tells the statement that recovers a host as it is signed", () => {
  const parts = { hostUuid: "HOST_UUID", nonce: "NONCE", csrDigest: "CSR_DIGEST" };
  const lines = recoveryStatement(parts).trimEnd().split("\n");
  assert.ok(page.includes(lines.map((line) => `    ${line}`).join("\n")));
});
