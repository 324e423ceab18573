import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { silentLog } from "../domain/log.ts";
import { openSpool } from "./spool.ts";
import { drain, eventOf, fill, numbersOf, range, scratch } from "./spool-for-test.ts";

test("a last line cut at any byte is discarded, and nothing else is", async (t) => {
  const dir = scratch(t);
  const whole = join(dir, "whole");
  const spool = await openSpool({ dir: whole, log: silentLog });
  await fill(spool, 0, 2);
  const segment = readdirSync(whole).find((name) => name.endsWith(".events")) ?? "";
  const before = statSync(join(whole, segment)).size;
  await fill(spool, 2, 3);
  await spool.close();
  const after = statSync(join(whole, segment)).size;
  assert.ok(after > before + 100);
  // Backwards, so that one copy serves: reading alone changes nothing of it.
  for (let bytes = after; bytes >= before; bytes -= 1) {
    truncateSync(join(whole, segment), bytes);
    const reopened = await openSpool({ dir: whole, log: silentLog });
    const batch = await reopened.read(500, 1024 * 1024);
    assert.deepEqual(numbersOf(batch?.events ?? []), bytes === after ? [0, 1, 2] : [0, 1]);
    await reopened.close();
    if (bytes % 100 !== 0 && bytes !== after - 1) continue;
    const torn = join(dir, `torn-${bytes}`);
    cpSync(whole, torn, { recursive: true });
    const used = await openSpool({ dir: torn, log: silentLog });
    await used.append(eventOf(7));
    assert.deepEqual(await drain(used), [0, 1, 7], "what follows is not glued to the torn line");
    await used.close();
  }
});

test("a damaged line is skipped and logged, its neighbors are kept", async (t) => {
  const dir = scratch(t);
  const errors: string[] = [];
  const log = { ...silentLog, error: (line: string) => errors.push(line) };
  let spool = await openSpool({ dir, log });
  await fill(spool, 0, 3);
  await spool.close();
  const path = join(dir, readdirSync(dir).find((name) => name.endsWith(".events")) ?? "");
  const bytes = readFileSync(path);
  bytes[Math.floor(bytes.length / 2)] = 0x58;
  writeFileSync(path, bytes);
  spool = await openSpool({ dir, log });
  assert.deepEqual(await drain(spool), [0, 2]);
  assert.equal(errors.length, 1);
  await spool.close();
});

test("a lost or garbled receipt file sends everything again rather than nothing", async (t) => {
  const dir = scratch(t);
  let spool = await openSpool({ dir, log: silentLog });
  await fill(spool, 0, 3);
  const batch = await spool.read(2, 1024 * 1024);
  assert.ok(batch !== null);
  await spool.ack(batch);
  await spool.close();
  writeFileSync(join(dir, "acked"), "\0\0");
  spool = await openSpool({ dir, log: silentLog });
  assert.deepEqual(await drain(spool), [0, 1, 2]);
  await spool.close();
});

test("a disk that refuses loses what it refused, and nothing after it", async (t) => {
  const dir = scratch(t);
  const spool = await openSpool({ dir, log: silentLog });
  await fill(spool, 0, 2);
  await spool.close();
  const reopened = await openSpool({ dir, log: silentLog });
  // Where the next segment is to be made something stands already: the open fails as on a bad disk.
  const next = join(dir, "000000000002.events");
  writeFileSync(next, "");
  assert.deepEqual(await fill(reopened, 2, 3), [false]);
  assert.equal(reopened.dropped(), 1);
  assert.deepEqual(await fill(reopened, 3, 4), [true]);
  assert.deepEqual(await drain(reopened), [0, 1, 3]);
  await reopened.close();
});

const APPENDER = `
  import { openSpool } from ${JSON.stringify(new URL("./spool.ts", import.meta.url).href)};
  const log = { info() {}, warn() {}, error() {}, debug() {}, child: () => log };
  const spool = await openSpool({ dir: process.argv[1], log, segmentBytes: 20_000 });
  const event = JSON.parse(process.argv[2]);
  for (let number = Number(process.argv[3]); ; number += 1) {
    const event_id = "00000000-0000-7000-8000-" + String(number).padStart(12, "0");
    if (await spool.append({ ...event, event_id })) process.stdout.write(number + "\\n");
    if (number % 7 === 6) {
      const batch = await spool.read(3, 1024 * 1024);
      await spool.ack(batch);
      for (const json of batch.events) process.stdout.write("-" + Number(JSON.parse(json).event_id.slice(-12)) + "\\n");
    }
  }
`;

test("kill -9 in the middle of appends and receipts loses no event and repeats no receipt but the last", async (t) => {
  const dir = scratch(t);
  let from = 1;
  const taken: number[] = [];
  for (const lines of [40, 111, 300]) {
    const child = spawn(
      process.execPath,
      ["--input-type=module", "-e", APPENDER, dir, JSON.stringify(eventOf(0)), String(from)],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const told: number[] = [];
    const reading = createInterface({ input: child.stdout });
    reading.on("line", (line) => {
      told.push(Number(line));
      if (told.length === lines) child.kill("SIGKILL");
    });
    await once(child, "close");
    assert.equal(child.signalCode, "SIGKILL");
    const stored = told.filter((number) => number > 0);
    const acked = told.filter((number) => number < 0).map((number) => -number);
    taken.push(...acked);
    const last = stored.at(-1) ?? 0;

    const copy = `${dir}-copy`;
    t.after(() => rmSync(copy, { recursive: true, force: true }));
    rmSync(copy, { recursive: true, force: true });
    cpSync(dir, copy, { recursive: true });
    const spool = await openSpool({ dir: copy, log: silentLog });
    const left = await drain(spool);
    await spool.close();
    const highestAcked = taken.at(-1) ?? 0;
    const first = left[0] ?? 0;
    // A receipt may have become durable just before the kill, without a word of it to us.
    assert.ok(first > highestAcked && first <= highestAcked + 4, `${first} after ${highestAcked}`);
    assert.deepEqual(
      left,
      range(first, first + left.length),
      "in order, without a gap or a repeat",
    );
    // And so may the event after the last one that was told of.
    const end = left.at(-1) ?? 0;
    assert.ok(end === last || end === last + 1, `${end} after ${last}`);
    from = end + 1;
    taken.push(...range(highestAcked + 1, first));
  }
});

const LIMITED = `
  import { openSpool } from ${JSON.stringify(new URL("./spool.ts", import.meta.url).href)};
  const log = { info() {}, warn() {}, error() {}, debug() {}, child: () => log };
  const spool = await openSpool({ dir: process.argv[1], log });
  const event = JSON.parse(process.argv[2]);
  const stored = [];
  for (let number = 1; number <= 20; number += 1) {
    const event_id = "00000000-0000-7000-8000-" + String(number).padStart(12, "0");
    if (await spool.append({ ...event, event_id })) stored.push(number);
  }
  const read = [];
  for (let batch; (batch = await spool.read(500, 1024 * 1024)) !== null; await spool.ack(batch)) {
    for (const json of batch.events) read.push(Number(JSON.parse(json).event_id.slice(-12)));
  }
  process.stdout.write(JSON.stringify({ stored, read, dropped: spool.dropped() }));
`;

test("a write that a full disk cuts in half spoils nothing that comes after it", async (t) => {
  const dir = scratch(t);
  // No file may grow beyond 8 KiB, and a write across that is cut there, as on a full disk.
  const child = spawn(
    "bash",
    [
      "-c",
      'ulimit -f 8; trap "" XFSZ; exec "$0" --input-type=module -e "$@"',
      process.execPath,
      LIMITED,
      dir,
      JSON.stringify(eventOf(0, 600)),
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const output = (await child.stdout.toArray()).join("");
  const { stored, read, dropped } = JSON.parse(output) as {
    stored: number[];
    read: number[];
    dropped: number;
  };
  assert.equal(stored.length + dropped, 20);
  assert.ok(dropped >= 3, `${dropped} writes were cut`);
  assert.ok(stored.length >= 12, `${stored.length} were not`);
  assert.deepEqual(read, stored);
});
