import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { openSpool } from "./spool.ts";
import { drain, eventOf, fill, numbersOf, range, scratch } from "./spool-for-test.ts";

test("events come out whole, in order, in batches within their limits", async (t) => {
  const spool = await openSpool({ dir: scratch(t), log: silentLog });
  await fill(spool, 0, 20);
  const first = await spool.read(7, 1024 * 1024);
  assert.ok(first !== null);
  assert.deepEqual(JSON.parse(first.events[0] ?? ""), eventOf(0));
  assert.deepEqual(numbersOf(first.events), range(0, 7));
  assert.deepEqual(await spool.read(7, 1024 * 1024), first, "the same until it is acknowledged");
  const small = await spool.read(500, 700);
  assert.deepEqual(numbersOf(small?.events ?? []), [0, 1]);
  const single = await spool.read(500, 1);
  assert.deepEqual(numbersOf(single?.events ?? []), [0], "one however large");
  assert.deepEqual(await drain(spool, 6), range(0, 20));
  assert.equal(await spool.read(500, 1024 * 1024), null);
  await spool.close();
});

test("events appended in one turn share one write", async (t) => {
  const groups: unknown[] = [];
  const log = { ...silentLog, debug: (_line: string, facts?: object) => groups.push(facts) };
  const spool = await openSpool({ dir: scratch(t), log });
  await fill(spool, 0, 100);
  assert.deepEqual(groups, [{ events: 100, stored: true }]);
  await spool.close();
});

test("what was not acknowledged is there after a restart, what was is not", async (t) => {
  const dir = scratch(t);
  let spool = await openSpool({ dir, log: silentLog });
  await fill(spool, 0, 10);
  const batch = await spool.read(4, 1024 * 1024);
  assert.ok(batch !== null);
  await spool.ack(batch);
  await spool.close();
  spool = await openSpool({ dir, log: silentLog });
  await fill(spool, 10, 12);
  assert.deepEqual(await drain(spool), range(4, 12));
  await spool.close();
  spool = await openSpool({ dir, log: silentLog });
  assert.equal(await spool.read(500, 1024 * 1024), null);
  await spool.close();
  assert.deepEqual(readdirSync(dir), ["acked"]);
  spool = await openSpool({ dir, log: silentLog });
  await fill(spool, 12, 13);
  await spool.close();
  spool = await openSpool({ dir, log: silentLog });
  assert.deepEqual(await drain(spool), [12], "a new segment is not taken for an acknowledged one");
  await spool.close();
});

test("segments are removed once they are acknowledged, and not before", async (t) => {
  const dir = scratch(t);
  const spool = await openSpool({ dir, log: silentLog, segmentBytes: 1_000 });
  for (const number of range(0, 20)) await fill(spool, number, number + 1);
  const segments = () => readdirSync(dir).filter((name) => name.endsWith(".events")).length;
  assert.ok(segments() >= 5, `${segments()} segments`);
  await spool.read(500, 1024 * 1024);
  assert.ok(segments() >= 5, "reading removes nothing");
  assert.deepEqual(await drain(spool), range(0, 20));
  assert.equal(segments(), 1);
  await spool.close();
});

test("a full spool drops the newest events, counts them, and takes more once there is room", async (t) => {
  const warnings: string[] = [];
  const log = { ...silentLog, warn: (line: string) => warnings.push(line) };
  const spool = await openSpool({ dir: scratch(t), log, maxBytes: 3_000, segmentBytes: 1_000 });
  const stored = await fill(spool, 0, 20);
  const kept = stored.filter(Boolean).length;
  assert.ok(kept >= 5 && kept < 15, `${kept} kept`);
  assert.deepEqual(stored, [
    ...range(0, kept).map(() => true),
    ...range(kept, 20).map(() => false),
  ]);
  assert.equal(spool.dropped(), 20 - kept);
  assert.equal(warnings.length, 1, "said once");
  assert.deepEqual(await drain(spool), range(0, kept));
  assert.deepEqual(await fill(spool, 20, 21), [true]);
  await spool.close();
});

test("an event larger than any can be is dropped alone", async (t) => {
  const spool = await openSpool({ dir: scratch(t), log: silentLog });
  assert.deepEqual(
    await Promise.all([eventOf(0), eventOf(1, 600_000), eventOf(2)].map((it) => spool.append(it))),
    [true, false, true],
  );
  assert.deepEqual(await drain(spool), [0, 2]);
  await spool.close();
});
