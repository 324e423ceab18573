import { type FileHandle, mkdir, open, readdir, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import type { DecoyEvent } from "../domain/event.ts";
import type { Log } from "../domain/log.ts";
import { syncDirectory, writeFileDurably } from "./durable-file.ts";
import { decodeRecords, encodeRecord, MAX_RECORD_BYTES } from "./spool-record.ts";
import { createTrouble } from "./trouble.ts";

/**
 * Events of deckies on their way to the master, on disk until it has them.
 *
 * A folder of append-only segments and one file, `acked`, that says up to where the master has given
 * its receipt. After a kill at any moment: a line that was not wholly written is gone (its append
 * never resolved), every other one is there, and what was acknowledged is not read again.
 *
 * When the spool is full, or the disk refuses, the newest event is dropped and counted: whoever
 * floods a decky must not push out the traces of how he came.
 */
export interface Spool {
  /**
   * Resolves when the event is on disk; those appended in one turn share one fsync.
   * @returns False if it was dropped.
   */
  append(event: DecoyEvent): Promise<boolean>;
  /** The oldest events that are not acknowledged yet; null if there are none. */
  read(maxEvents: number, maxBatchBytes: number): Promise<SpoolBatch | null>;
  /**
   * The master has everything up to the end of `batch`, the last one read. Durable when it resolves.
   * @throws The system's error if the disk refuses; then it may be read once more after a restart.
   */
  ack(batch: SpoolBatch): Promise<void>;
  /** Events dropped since the spool was opened. */
  dropped(): number;
  close(): Promise<void>;
}

export interface SpoolBatch {
  /** Each the JSON text of one event. */
  readonly events: readonly string[];
  readonly end: SpoolPosition;
}

interface SpoolPosition {
  readonly segment: number;
  readonly offset: number;
}

interface Segment {
  readonly number: number;
  /** What is durable. */
  bytes: number;
}

interface Pending {
  readonly record: Buffer;
  readonly resolve: (stored: boolean) => void;
}

const SEGMENT_NAME = /^(\d{12})\.events$/;

export interface SpoolParts {
  readonly dir: string;
  readonly log: Log;
  /** Most bytes of events that the master has not got yet. */
  readonly maxBytes?: number;
  /** A segment that has grown to this is closed, and removed once all of it is acknowledged. */
  readonly segmentBytes?: number;
}

/** @throws The system's error if the folder cannot be made or read. */
export async function openSpool(parts: SpoolParts): Promise<Spool> {
  const { dir, log, maxBytes = 256 * 1024 * 1024, segmentBytes = 1024 * 1024 } = parts;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const trouble = createTrouble(log, "keeping events on disk");
  /** Oldest first. Only the last may be open for writing, and only if `writer` is. */
  const segments = await findSegments(dir);
  let acked = (await readAcked(dir)) ?? { segment: segments[0]?.number ?? 0, offset: 0 };
  while (segments[0] !== undefined && segments[0].number < acked.segment) await removeOldest();
  let nextNumber = Math.max(acked.segment, segments.at(-1)?.number ?? 0) + 1;
  let writer: FileHandle | null = null;
  let dropped = 0;
  let closed = false;
  const pending: Pending[] = [];
  let pendingBytes = 0;
  let flushing: Promise<void> | null = null;

  function pathOf(number: number): string {
    return join(dir, `${String(number).padStart(12, "0")}.events`);
  }

  async function removeOldest(): Promise<void> {
    const oldest = segments.shift();
    if (oldest !== undefined) await unlink(pathOf(oldest.number));
  }

  function unackedBytes(): number {
    const held = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    return held - (segments[0]?.number === acked.segment ? acked.offset : 0);
  }

  /** The segment to write to: a new one after a start, a failure, or when the last is full. */
  async function openWriter(): Promise<{ file: FileHandle; segment: Segment }> {
    const last = segments.at(-1);
    if (writer !== null && last !== undefined && last.bytes < segmentBytes) {
      return { file: writer, segment: last };
    }
    await closeWriter();
    const segment = { number: nextNumber, bytes: 0 };
    nextNumber += 1;
    const file = await open(pathOf(segment.number), "ax", 0o600);
    writer = file;
    segments.push(segment);
    await syncDirectory(dir);
    return { file, segment };
  }

  async function closeWriter(): Promise<void> {
    const file = writer;
    writer = null;
    await file?.close();
  }

  async function flush(): Promise<void> {
    // Lets the rest of this turn append too.
    await Promise.resolve();
    while (pending.length > 0) {
      const group = takeGroup();
      const stored = await write(group.map((entry) => entry.record));
      if (stored) trouble.over();
      else dropped += group.length;
      for (const entry of group) entry.resolve(stored);
      log.debug("events kept on disk", { events: group.length, stored });
    }
    flushing = null;
  }

  /** What goes to disk in one write: all that waits, but not much more than a segment holds. */
  function takeGroup(): readonly Pending[] {
    let bytes = 0;
    let count = 0;
    while (count < pending.length && bytes < segmentBytes) {
      bytes += pending[count]?.record.length ?? 0;
      count += 1;
    }
    pendingBytes -= bytes;
    return pending.splice(0, count);
  }

  async function write(records: readonly Buffer[]): Promise<boolean> {
    try {
      const bytes = Buffer.concat(records);
      const { file, segment } = await openWriter();
      await file.appendFile(bytes);
      await file.datasync();
      segment.bytes += bytes.length;
      return true;
    } catch (error) {
      trouble.note(error instanceof Error ? error.message : String(error));
      // Half of a line may have been written: nothing may follow it.
      await closeWriter().catch(() => {});
      return false;
    }
  }

  async function readFrom(
    segment: Segment,
    maxEvents: number,
    maxBatchBytes: number,
  ): Promise<SpoolBatch | null> {
    const offset = acked.segment === segment.number ? acked.offset : 0;
    const length = segment.bytes - offset;
    if (length <= 0) return null;
    const file = await open(pathOf(segment.number), "r");
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      const reading = decodeRecords(buffer.subarray(0, bytesRead), maxEvents, maxBatchBytes);
      if (reading.corrupt > 0) {
        log.error("events on disk are damaged and lost", { events: reading.corrupt });
      }
      if (reading.records.length === 0) return null;
      const end = { segment: segment.number, offset: offset + reading.consumedBytes };
      return { events: reading.records, end };
    } finally {
      await file.close();
    }
  }

  function refuse(why: string): Promise<boolean> {
    dropped += 1;
    trouble.note(why);
    return Promise.resolve(false);
  }

  return {
    append(event) {
      const record = encodeRecord(JSON.stringify(event));
      if (closed) return refuse("the spool is closed");
      if (record.length > MAX_RECORD_BYTES) return refuse("an event is too large");
      if (unackedBytes() + pendingBytes + record.length > maxBytes) {
        return refuse("the spool is full, since the master takes nothing; new events are lost");
      }
      pendingBytes += record.length;
      const { promise, resolve } = Promise.withResolvers<boolean>();
      pending.push({ record, resolve });
      flushing ??= flush();
      return promise;
    },

    async read(maxEvents, maxBatchBytes) {
      for (;;) {
        const segment = segments[0];
        if (segment === undefined) return null;
        const stillWritten = segments.length === 1 && writer !== null;
        const batch = await readFrom(segment, maxEvents, maxBatchBytes);
        if (batch !== null || stillWritten) return batch;
        await removeOldest();
      }
    },

    async ack({ end }) {
      // In memory also if the disk refuses: this process does not send it again.
      acked = end;
      await writeFileDurably(join(dir, "acked"), `${end.segment} ${end.offset}\n`, 0o600);
    },

    dropped: () => dropped,

    async close() {
      closed = true;
      await flushing;
      await closeWriter();
    },
  };
}

async function findSegments(dir: string): Promise<Segment[]> {
  const numbers = (await readdir(dir))
    .map((name) => SEGMENT_NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .toSorted();
  const sizes = numbers.map((digits) => stat(join(dir, `${digits}.events`)));
  return (await Promise.all(sizes)).map(({ size }, index) => ({
    number: Number(numbers[index]),
    bytes: size,
  }));
}

/** @returns null if there is none, or none that can be read: then all that is there is sent again. */
async function readAcked(dir: string): Promise<SpoolPosition | null> {
  try {
    const found = /^(\d{1,15}) (\d{1,15})\n$/.exec(await readFile(join(dir, "acked"), "utf8"));
    return found === null ? null : { segment: Number(found[1]), offset: Number(found[2]) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
