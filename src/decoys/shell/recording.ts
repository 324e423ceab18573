import { StringDecoder } from "node:string_decoder";

/** A piece of a terminal's recording: all pieces in their order are one asciicast v3 file. */
export interface RecordingPart {
  /** From 1. */
  readonly part: number;
  readonly cast: string;
  readonly last: boolean;
  /** Bytes of output and input that were left out so far. */
  readonly leftOutBytes: number;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

/** Text of one line of the file: with every character escaped it stays below a part's length. */
const PIECE_CHARACTERS = 512;
const PART_BYTES = 12 * 1024;
/** A part that is not full is given out with the first event after so long. */
const PART_MS = 30_000;
/** What follows within so long upon its like is one event with it. */
const JOIN_MS = 20;
/** What one command may show before the rest of it is left out. */
const OUTPUT_AT_ONCE = 16 * 1024;

/**
 * What may be recorded: so much at once, and a trickle for ever. Whoever floods the terminal loses
 * the flood; what he does after is recorded again.
 */
class Allowance {
  private readonly burst: number;
  private readonly perSecond: number;
  private left: number;
  private atMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.burst = burst;
    this.perSecond = perSecond;
    this.left = burst;
    this.atMs = nowMs;
  }

  /** @returns How much of `wanted` there is room for. */
  take(wanted: number, nowMs: number): number {
    const earned = (Math.max(0, nowMs - this.atMs) / 1000) * this.perSecond;
    this.left = Math.min(this.burst, this.left + earned);
    this.atMs = nowMs;
    const granted = Math.min(wanted, Math.floor(this.left));
    this.left -= granted;
    return granted;
  }
}

/** Records a terminal as asciicast v3 (docs.asciinema.org/manual/asciicast/v3), within bounds. */
export class Recording {
  private readonly nowMs: () => number;
  private readonly emit: (part: RecordingPart) => void;
  private readonly allowances: { readonly o: Allowance; readonly i: Allowance };
  private readonly decoders = { o: new StringDecoder("utf8"), i: new StringDecoder("utf8") };
  private pending: { readonly code: "o" | "i"; text: string; readonly atMs: number } | null = null;
  private cast: string;
  private part = 1;
  private partMs: number;
  private lastMs: number;
  private sinceInput = 0;
  private leftOut = 0;
  private leftOutTold = 0;
  private over = false;

  constructor(
    nowMs: () => number,
    size: TerminalSize,
    type: string,
    emit: (part: RecordingPart) => void,
  ) {
    const startMs = nowMs();
    this.nowMs = nowMs;
    this.emit = emit;
    this.allowances = {
      o: new Allowance(512 * 1024, 64, startMs),
      i: new Allowance(128 * 1024, 32, startMs),
    };
    this.lastMs = startMs;
    this.partMs = startMs;
    const term = { cols: size.columns, rows: size.rows, type: type.slice(0, 64) };
    this.cast = `${JSON.stringify({ version: 3, term, timestamp: Math.floor(startMs / 1000) })}\n`;
  }

  /** @param bytes As Latin-1. */
  output(bytes: string): void {
    const room = Math.max(0, OUTPUT_AT_ONCE - this.sinceInput);
    this.sinceInput += bytes.length;
    this.take("o", bytes, room);
  }

  /** @param bytes As Latin-1. */
  input(bytes: string): void {
    this.sinceInput = 0;
    this.take("i", bytes, bytes.length);
  }

  resize({ columns, rows }: TerminalSize): void {
    this.settle();
    if (this.allowances.i.take(16, this.nowMs()) === 16) this.line("r", `${columns}x${rows}`);
  }

  /** Ends the recording. @param rc Exit status; null if the client left. */
  end(rc: number | null): void {
    if (this.over) return;
    this.settle();
    this.tellLeftOut();
    if (rc !== null) this.line("x", String(rc));
    this.flush(true);
    this.over = true;
  }

  private take(code: "o" | "i", bytes: string, room: number): void {
    if (this.over || bytes === "") return;
    const nowMs = this.nowMs();
    const granted = this.allowances[code].take(Math.min(bytes.length, room), nowMs);
    this.leftOut += bytes.length - granted;
    if (granted === 0) return;
    const text = this.decoders[code].write(Buffer.from(bytes.slice(0, granted), "latin1"));
    const { pending } = this;
    if (pending?.code === code && nowMs - pending.atMs <= JOIN_MS) pending.text += text;
    else {
      this.settle();
      if (this.leftOut > this.leftOutTold) this.tellLeftOut();
      this.pending = { code, text, atMs: nowMs };
    }
    if ((this.pending?.text.length ?? 0) >= PIECE_CHARACTERS) this.settle();
  }

  private tellLeftOut(): void {
    if (this.leftOut === this.leftOutTold) return;
    this.line("m", `${this.leftOut - this.leftOutTold} bytes left out`);
    this.leftOutTold = this.leftOut;
  }

  private settle(): void {
    const { pending } = this;
    this.pending = null;
    if (pending === null) return;
    for (let at = 0; at < pending.text.length; at += PIECE_CHARACTERS) {
      const text = pending.text.slice(at, at + PIECE_CHARACTERS);
      this.line(pending.code, text, pending.atMs);
    }
  }

  private line(code: string, text: string, atMs = this.nowMs()): void {
    if (atMs - this.partMs > PART_MS) this.flush(false);
    const seconds = Math.max(0, atMs - this.lastMs) / 1000;
    this.lastMs = Math.max(this.lastMs, atMs);
    this.cast += `${JSON.stringify([seconds, code, text])}\n`;
    if (Buffer.byteLength(this.cast) >= PART_BYTES) this.flush(false);
  }

  private flush(last: boolean): void {
    if (this.cast === "" && !last) return;
    this.emit({ part: this.part, cast: this.cast, last, leftOutBytes: this.leftOut });
    this.part++;
    this.cast = "";
    this.partMs = this.nowMs();
  }
}
