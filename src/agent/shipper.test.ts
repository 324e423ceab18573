import assert from "node:assert/strict";
import { test } from "node:test";
import { DecnetError } from "../domain/errors.ts";
import { silentLog } from "../domain/log.ts";
import { createVirtualClock } from "../domain/virtual-clock.ts";
import { createScriptedTransport, type ScriptedAnswer } from "./scripted-transport.ts";
import { createShipper } from "./shipper.ts";
import type { Spool } from "./spool.ts";

/** A spool in memory, of events that are numbers. */
function createMemorySpool(): Spool & { readonly held: number[] } {
  const held: number[] = [];
  return {
    held,
    append: () => Promise.reject(new Error("not of this test")),
    read: async (maxEvents) =>
      held.length === 0
        ? null
        : {
            events: held.slice(0, maxEvents).map(String),
            end: { segment: 1, offset: Math.min(maxEvents, held.length) },
          },
    ack: async ({ end }) => void held.splice(0, end.offset),
    dropped: () => 0,
    close: async () => {},
  };
}

const receipt = (stored: number, refused: string[] = []): ScriptedAnswer => ({
  status: 200,
  body: JSON.stringify({ stored, duplicates: 0, refused }),
});
const countOf = (body: string | null | undefined) =>
  (JSON.parse(body ?? "") as { events: number[] }).events.length;

function start(answer: (events: number[], index: number) => ScriptedAnswer) {
  const clock = createVirtualClock(0);
  const spool = createMemorySpool();
  const sent: { atMs: number; events: number[] }[] = [];
  const lines: string[] = [];
  const transport = createScriptedTransport((request, index) => {
    const { events } = JSON.parse(request.body ?? "") as { events: number[] };
    sent.push({ atMs: clock.nowMs(), events });
    assert.equal(request.method, "POST");
    assert.equal(request.path, "/swarm/events");
    return answer(events, index);
  });
  const stop = new AbortController();
  const shipper = createShipper({
    spool,
    transport,
    clock,
    random: () => 0.5,
    log: { ...silentLog, warn: (line) => lines.push(line), error: (line) => lines.push(line) },
  });
  const end = shipper.run(stop.signal);
  const put = (...events: number[]) => {
    spool.held.push(...events);
    shipper.arrived();
  };
  return { clock, spool, sent, lines, transport, stop, end, put };
}

test("events leave within 50 ms of their arrival, those of one moment together", async () => {
  const { clock, sent, spool, put } = start((events) => receipt(events.length));
  await clock.advance(10_000);
  put(1);
  put(2);
  await clock.advance(20);
  put(3);
  await clock.advance(100);
  assert.deepEqual(sent, [{ atMs: 10_050, events: [1, 2, 3] }]);
  assert.deepEqual(spool.held, []);
});

test("a flood of events leaves in few batches, 300 ms apart", async () => {
  const { clock, sent, put } = start((events) => receipt(events.length));
  for (let number = 0; number < 300; number += 1) {
    put(number);
    await clock.advance(10);
  }
  assert.deepEqual(
    sent.map(({ atMs, events }) => [atMs, events.length]),
    [[50, 5], ...Array.from({ length: 9 }, (_, index) => [350 + 300 * index, 30])],
  );
});

test("what the spool held before the start leaves at once, in batches of 500", async () => {
  const clock = createVirtualClock(0);
  const spool = createMemorySpool();
  for (let number = 0; number < 1_200; number += 1) spool.held.push(number);
  const transport = createScriptedTransport((request) => receipt(countOf(request.body)));
  const shipper = createShipper({ spool, transport, clock, random: () => 0.5, log: silentLog });
  void shipper.run(new AbortController().signal);
  await clock.advance(600);
  assert.deepEqual(
    transport.requests.map((request) => countOf(request.body)),
    [500, 500, 200],
  );
});

test("nothing is taken out before the master has it, and it is sent again until then", async () => {
  const { clock, sent, spool, put, lines } = start((events, index) => {
    if (index === 0) throw new DecnetError("master-unreachable", "refused");
    if (index === 1) return { status: 503, headers: { "retry-after": "7" } };
    if (index === 2) return { status: 200, body: "<html>" };
    return receipt(events.length);
  });
  put(1, 2);
  await clock.advance(5_000);
  assert.deepEqual(spool.held, [1, 2]);
  await clock.advance(60_000);
  assert.deepEqual(
    sent.map(({ atMs }) => atMs),
    // 50 to gather, then half of 1 s, 7 s and half of 2 s, half of 4 s.
    [50, 550, 8_550, 10_550],
  );
  assert.deepEqual(spool.held, []);
  assert.equal(lines.length, 3);
});

test("an event that the master refuses is taken out and told of, its neighbors are kept", async () => {
  const { clock, spool, put, lines, sent } = start((events) => receipt(events.length - 1, ["#1"]));
  put(1, 2, 3);
  await clock.advance(100);
  assert.deepEqual(spool.held, []);
  assert.equal(sent.length, 1);
  assert.deepEqual(lines, ["events were refused and are lost"]);
});

test("a batch that the master cannot read is halved until the one bad event is found", async () => {
  const { clock, spool, put, lines, sent } = start((events) =>
    events.includes(5) ? { status: 413 } : receipt(events.length),
  );
  put(...Array.from({ length: 10 }, (_, index) => index));
  await clock.advance(5_000);
  assert.deepEqual(spool.held, []);
  assert.deepEqual(lines, ["an event was refused and is lost"]);
  assert.ok(sent.length < 12, `${sent.length} requests`);
});

test("'host decommissioned' ends the loop and keeps what was not sent; so does the signal", async () => {
  const gone = start(() => ({ status: 403, headers: { "decnet-error": "host-decommissioned" } }));
  gone.put(1);
  await gone.clock.advance(100);
  assert.deepEqual(await gone.end, { kind: "decommissioned" });
  assert.deepEqual(gone.spool.held, [1]);
  const stopped = start((events) => receipt(events.length));
  await stopped.clock.advance(100);
  stopped.stop.abort();
  assert.deepEqual(await stopped.end, { kind: "stopped" });
});
