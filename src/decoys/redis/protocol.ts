/** One command as it was sent. Text is Latin-1, so no byte is lost. */
export interface Command {
  /** Its name and arguments; at least one. */
  readonly args: readonly string[];
  /** How many there were: more than `args` has, if they were too many to keep. */
  readonly count: number;
}

export type Item =
  | { readonly kind: "command"; readonly command: Command }
  /** Nothing more will be read. `reason` is what Redis says after `Protocol error: `. */
  | { readonly kind: "fault"; readonly reason: string; readonly bytes: Buffer };

/** Redis' own limits (`networking.c`, `server.h`): of a line, of the arguments, of one of them. */
const LINE_BYTES = 64 * 1024;
const MAX_COUNT = 1024 * 1024;
const MAX_BULK_BYTES = 512 * 1024 * 1024;
/** Ours: what is beyond is read and forgotten. */
export const KEPT_ARGUMENTS = 1024;
export const KEPT_ARGUMENT_BYTES = 16 * 1024;
const KEPT_COMMAND_BYTES = 64 * 1024;

const LF = 0x0a;

/**
 * Reads commands off a connection, as arrays of bulk strings or inline, wherever the network cut
 * them (the RESP2 specification; `processMultibulkBuffer` and `processInlineBuffer`).
 * Push what arrived, then take items until there is none. Never throws; holds `KEPT_COMMAND_BYTES`
 * of a command, beside what was pushed and one line.
 */
export class CommandParser {
  private buffer: Buffer = Buffer.alloc(0);
  private stopped = false;
  /** Arguments still to come of an array; 0 outside of one. */
  private awaited = 0;
  private count = 0;
  private args: string[] = [];
  private keptBytes = 0;
  /** Bytes still to come of an argument, its CR LF among them; 0 before its length is known. */
  private remaining = 0;
  private parts: Buffer[] = [];
  private partBytes = 0;

  push(chunk: Buffer): void {
    if (this.stopped) return;
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
  }

  /** Reads no more. */
  stop(): void {
    this.stopped = true;
    this.buffer = Buffer.alloc(0);
  }

  next(): Item | null {
    while (!this.stopped) {
      const item = this.remaining > 0 ? this.readBulk() : this.readLine();
      if (item !== "again") return item;
    }
    return null;
  }

  private readLine(): Item | null | "again" {
    const end = this.buffer.indexOf(LF);
    const multi = this.awaited > 0 || this.buffer[0] === 0x2a;
    if ((end < 0 ? this.buffer.length : end) > LINE_BYTES) {
      if (!multi) return this.fail("too big inline request");
      return this.fail(`too big ${this.awaited > 0 ? "bulk" : "mbulk"} count string`);
    }
    if (end < 0) return null;
    const line = this.buffer.toString("latin1", 0, end).replace(/\r$/, "");
    if (this.awaited > 0) return this.readBulkLength(line, end);
    if (multi) return this.readCount(line, end);
    this.buffer = this.buffer.subarray(end + 1);
    const args = splitInline(line);
    if (args === null) return this.fail("unbalanced quotes in request");
    if (args.length === 0) return "again";
    const count = args.length;
    return { kind: "command", command: { args: args.slice(0, KEPT_ARGUMENTS), count } };
  }

  private readCount(line: string, end: number): Item | null | "again" {
    const count = integerOf(line.slice(1));
    if (count === null || count > MAX_COUNT) return this.fail("invalid multibulk length");
    this.buffer = this.buffer.subarray(end + 1);
    this.awaited = Math.max(0, count);
    this.count = this.awaited;
    this.args = [];
    this.keptBytes = 0;
    return "again";
  }

  private readBulkLength(line: string, end: number): Item | null | "again" {
    if (!line.startsWith("$")) return this.fail(`expected '$', got '${line.charAt(0)}'`);
    const length = integerOf(line.slice(1));
    if (length === null || length < 0 || length > MAX_BULK_BYTES) {
      return this.fail("invalid bulk length");
    }
    this.buffer = this.buffer.subarray(end + 1);
    this.remaining = length + 2;
    this.parts = [];
    this.partBytes = 0;
    return "again";
  }

  private readBulk(): Item | null | "again" {
    const bytes = this.buffer.subarray(0, this.remaining);
    this.buffer = this.buffer.subarray(bytes.length);
    this.remaining -= bytes.length;
    // The last two are CR LF; Redis does not look at them either.
    const content = bytes.length - Math.max(0, 2 - this.remaining);
    const room =
      this.args.length < KEPT_ARGUMENTS
        ? Math.min(KEPT_ARGUMENT_BYTES - this.partBytes, KEPT_COMMAND_BYTES - this.keptBytes)
        : 0;
    const kept = Buffer.from(bytes.subarray(0, Math.max(0, Math.min(content, room))));
    if (kept.length > 0) this.parts.push(kept);
    this.partBytes += kept.length;
    this.keptBytes += kept.length;
    if (this.remaining > 0) return null;
    if (this.args.length < KEPT_ARGUMENTS) {
      this.args.push(Buffer.concat(this.parts).toString("latin1"));
    }
    this.awaited--;
    if (this.awaited > 0) return "again";
    return { kind: "command", command: { args: this.args, count: this.count } };
  }

  private fail(reason: string): Item {
    const bytes = Buffer.from(this.buffer.subarray(0, 1024));
    this.stop();
    return { kind: "fault", reason, bytes };
  }
}

/** A whole number as Redis reads it (`string2ll`): no sign but minus, no zeros in front, no spaces. */
export function integerOf(text: string): number | null {
  if (!/^(?:0|-?[1-9]\d{0,18})$/.test(text)) return null;
  return Number(text);
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t", b: "\b", a: "\x07" };

/** Splits an inline command as `sdssplitargs` does; null if its quotes do not match. */
export function splitInline(line: string): string[] | null {
  const args: string[] = [];
  let at = 0;
  const [text = ""] = line.split("\0", 1);
  while (at < text.length) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    let word = "";
    let quote = "";
    for (; at < text.length; at++) {
      const char = text.charAt(at);
      if (quote === "") {
        if (/\s/.test(char)) break;
        if (char === '"' || char === "'") quote = char;
        else word += char;
      } else if (char === quote) {
        const after = text.charAt(at + 1);
        if (after !== "" && !/\s/.test(after)) return null;
        quote = "";
      } else if (char === "\\" && quote === '"') {
        const hex = /^x([0-9a-f]{2})/i.exec(text.slice(at + 1, at + 4))?.[1];
        const next = text.charAt(at + 1);
        word +=
          hex === undefined
            ? (ESCAPES[next] ?? next)
            : String.fromCharCode(Number.parseInt(hex, 16));
        at += hex === undefined ? 1 : 3;
      } else if (char === "\\" && text.charAt(at + 1) === "'") {
        word += "'";
        at++;
      } else word += char;
    }
    if (quote !== "") return null;
    args.push(word);
  }
  return args;
}
