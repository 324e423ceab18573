import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDesiredState } from "../../src/wire/desired.ts";
import { parseEnrollmentAnswer, parseEnrollmentRequest } from "../../src/wire/enrollment.ts";
import { parseEventBatch, parseEventReceipt } from "../../src/wire/events.ts";
import { parseHeartbeat } from "../../src/wire/heartbeat.ts";
import { heartbeatBody } from "../e2e/swarm.ts";
import { createChance } from "../simulation/chance.ts";

/* Whatever comes, a parser answers; it never throws and never hangs. DECNET_FUZZ_SEED replays. */

const seed = Number(process.env["DECNET_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 32));
const ROUNDS = 3000;

const parsers: Readonly<Record<string, (body: Buffer) => void>> = {
  heartbeat(body) {
    const reading = parseHeartbeat(body);
    if (reading.kind === "report") for (const entry of reading.report.entries) entry.read();
  },
  events: (body) => void parseEventBatch(body),
  receipt: (body) => void parseEventReceipt(body.toString()),
  desired: (body) => void parseDesiredState(body.toString()),
  "enrollment request": (body) => void parseEnrollmentRequest(body.toString()),
  "enrollment answer": (body) => void parseEnrollmentAnswer(body.toString()),
};

const samples = [
  heartbeatBody("h", ["d1", "d2"]),
  '{"events":[{"event_id":"x","data":{"__proto__":{}}}]}',
  '{"generation":1,"deckies":[{"name":"a","services":["ssh"]}]}',
  '{"token":"t","csr":"-----BEGIN CERTIFICATE REQUEST-----"}',
  '{"stored":1,"duplicates":0,"refused":["#1"]}',
];
const splices = [
  "null",
  "[]",
  "{}",
  "1e999",
  '"\\ud800"',
  "-0",
  '{"__proto__":1}',
  "[[[[",
  "\u0000",
  '"',
];

for (const [name, parse] of Object.entries(parsers)) {
  test(`the ${name} parser survives whatever comes (replay: DECNET_FUZZ_SEED=${seed})`, () => {
    const chance = createChance(seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      const sample = samples[chance.between(0, samples.length - 1)] ?? "";
      let body = Buffer.from(sample);
      for (let cuts = chance.between(0, 6); cuts > 0; cuts -= 1) {
        const at = chance.between(0, body.length);
        const splice = splices[chance.between(0, splices.length - 1)] ?? "";
        const until = Math.min(body.length, at + chance.between(0, 12));
        body = Buffer.concat([body.subarray(0, at), Buffer.from(splice), body.subarray(until)]);
      }
      if (chance.happens(0.3) && body.length > 0) {
        body[chance.between(0, body.length - 1)] = chance.between(0, 255);
      }
      try {
        parse(body);
      } catch (error) {
        assert.fail(`round ${round}: ${String(error)}: ${body.toString("latin1")}`);
      }
    }
  });
}
