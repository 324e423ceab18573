import { crc32 } from "node:zlib";

/** Larger than any event: strings in it are cut far below. */
export const MAX_RECORD_BYTES = 1024 * 1024;

const PREFIX_BYTES = 9;
const NEWLINE = 0x0a;

/**
 * One event as a line of a segment: CRC-32 of the JSON as eight hex digits, a space, the JSON, a
 * newline. JSON has no raw newline, so that a torn line is one that lacks it or fails its sum.
 */
export function encodeRecord(json: string): Buffer {
  return Buffer.from(`${sumOf(json)} ${json}\n`);
}

export interface RecordReading {
  /** JSON texts, in order. */
  readonly records: readonly string[];
  /** Bytes from the start of `bytes` that were read, all of them whole lines. */
  readonly consumedBytes: number;
  /** Whole lines whose sum is wrong: the disk's fault, and not recoverable. */
  readonly corrupt: number;
}

/** Reads whole lines until a limit is met; one record at least is read however large it is. */
export function decodeRecords(bytes: Buffer, maxRecords: number, maxBytes: number): RecordReading {
  const records: string[] = [];
  let consumedBytes = 0;
  let payloadBytes = 0;
  let corrupt = 0;
  while (records.length < maxRecords) {
    const end = bytes.indexOf(NEWLINE, consumedBytes);
    if (end === -1) break;
    const json = bytes.toString("utf8", consumedBytes + PREFIX_BYTES, end);
    const lineBytes = end - consumedBytes;
    const sum = bytes.toString(
      "latin1",
      consumedBytes,
      Math.min(end, consumedBytes + PREFIX_BYTES),
    );
    if (sum === `${sumOf(json)} `) {
      if (records.length > 0 && payloadBytes + lineBytes > maxBytes) break;
      payloadBytes += lineBytes;
      records.push(json);
    } else {
      corrupt += 1;
    }
    consumedBytes = end + 1;
  }
  return { records, consumedBytes, corrupt };
}

function sumOf(json: string): string {
  return crc32(json).toString(16).padStart(8, "0");
}
