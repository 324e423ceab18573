/** A request's head, as it was sent: parsed, not yet judged. Text is Latin-1, so no byte is lost. */
export interface Head {
  /** The request line without its ending. */
  readonly line: string;
  /** Header lines in their order, each without its ending. */
  readonly lines: readonly string[];
  /** Whether any line ended in LF alone. */
  readonly bareLf: boolean;
}

/** A request's body: the first bytes of it, and how long it was. */
export interface Body {
  readonly bytes: Buffer;
  readonly length: number;
  /** Why it could not be read to its end; null if it was. */
  readonly fault: "bad-chunk" | null;
}

export type HeadFault =
  | "not-a-method"
  | "line-too-long"
  | "header-too-long"
  | "too-many-headers"
  | "head-too-long";

export type Item =
  | { readonly kind: "head"; readonly head: Head }
  | { readonly kind: "body"; readonly body: Body }
  /** Nothing more will be read. */
  | { readonly kind: "fault"; readonly fault: HeadFault; readonly bytes: Buffer };

/** What a server's own parser takes, which differs between servers. */
export interface Limits {
  readonly lineBytes: number;
  readonly headerBytes: number;
  readonly headers: number;
  readonly headBytes: number;
  /** First byte of a request line; a server that tests it answers before the line has ended. */
  readonly firstByte: RegExp;
  /** True for a line that is a whole request by itself (HTTP/0.9), or so wrong that no header counts. */
  endsAtLine(line: string): boolean;
}

export type Framing = "none" | "chunked" | { readonly length: number };

/** How much of a body is kept: the rest is counted and forgotten. */
export const KEPT_BODY_BYTES = 16 * 1024;
/** Longest line of chunked framing: size and extensions, or a trailer. */
const CHUNK_LINE_BYTES = 4096;
const LF = 0x0a;

type State =
  | "line"
  | "headers"
  | "body"
  | "chunk-size"
  | "chunk"
  | "chunk-end"
  | "trailer"
  | "stop";

/**
 * Reads requests off a connection, wherever the network cut them (RFC 9112, sections 2 to 7).
 * Push what arrived, then take items until there is none. After a head, say by `expectBody` how its
 * body is framed. Never throws; holds one head and `KEPT_BODY_BYTES` at most, beside what was pushed.
 */
export class RequestParser {
  private readonly limits: Limits;
  private buffer: Buffer = Buffer.alloc(0);
  private state: State = "line";
  private line = "";
  private lines: string[] = [];
  private headBytes = 0;
  private bareLf = false;
  private kept: Buffer[] = [];
  private keptBytes = 0;
  private bodyBytes = 0;
  /** Bytes still to come of a body of known length, or of a chunk. */
  private remaining = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  push(chunk: Buffer): void {
    if (this.state === "stop") return;
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk]);
  }

  /** True between requests: closing now cuts nothing. */
  get idle(): boolean {
    return this.state === "line" && this.buffer.length === 0;
  }

  /** Reads no more. */
  stop(): void {
    this.state = "stop";
    this.buffer = Buffer.alloc(0);
  }

  expectBody(framing: Framing): void {
    this.kept = [];
    this.keptBytes = 0;
    this.bodyBytes = 0;
    this.remaining = typeof framing === "object" ? framing.length : 0;
    this.state = framing === "chunked" ? "chunk-size" : "body";
  }

  /** What has been read of a body that never ended. */
  partialBody(): Body {
    return this.takeBody(null);
  }

  next(): Item | null {
    for (;;) {
      const before = this.state;
      const item = this.step();
      if (item !== "again") return item;
      if (before === this.state && this.buffer.length === 0) return null;
    }
  }

  private step(): Item | null | "again" {
    switch (this.state) {
      case "line":
        return this.readLine();
      case "headers":
        return this.readHeader();
      case "body":
        this.keep();
        return this.remaining > 0 ? null : this.endBody(null);
      case "chunk":
        this.keep();
        if (this.remaining > 0) return null;
        this.state = "chunk-end";
        return "again";
      case "chunk-size":
      case "chunk-end":
      case "trailer":
        return this.readChunkLine();
      case "stop":
        break;
    }
    return null;
  }

  private readLine(): Item | null | "again" {
    // Empty lines before a request are ignored (RFC 9112, section 2.2).
    let start = 0;
    while (this.buffer[start] === 0x0d || this.buffer[start] === LF) start++;
    this.buffer = this.buffer.subarray(start);
    if (this.buffer.length === 0) return null;
    if (!this.limits.firstByte.test(String.fromCharCode(this.buffer[0] ?? 0))) {
      return this.fail("not-a-method");
    }
    const line = this.takeLine(this.limits.lineBytes);
    if (line === null) return null;
    if (line === undefined) return this.fail("line-too-long");
    this.line = line;
    this.lines = [];
    this.headBytes = line.length;
    this.state = "headers";
    return this.limits.endsAtLine(line) ? this.endHead() : "again";
  }

  private readHeader(): Item | null | "again" {
    const line = this.takeLine(this.limits.headerBytes);
    if (line === null) return null;
    if (line === undefined) return this.fail("header-too-long");
    if (line === "") return this.endHead();
    this.headBytes += line.length;
    if (this.headBytes > this.limits.headBytes) return this.fail("head-too-long");
    if (this.lines.length >= this.limits.headers) return this.fail("too-many-headers");
    this.lines.push(line);
    return "again";
  }

  private endHead(): Item {
    const head = { line: this.line, lines: this.lines, bareLf: this.bareLf };
    this.bareLf = false;
    this.expectBody("none");
    return { kind: "head", head };
  }

  private readChunkLine(): Item | null | "again" {
    const line = this.takeLine(CHUNK_LINE_BYTES);
    if (line === null) return null;
    if (line === undefined) return this.endBody("bad-chunk");
    if (this.state === "trailer") return line === "" ? this.endBody(null) : "again";
    if (this.state === "chunk-end") {
      if (line !== "") return this.endBody("bad-chunk");
      this.state = "chunk-size";
      return "again";
    }
    const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
    if (size === undefined) return this.endBody("bad-chunk");
    this.remaining = Number.parseInt(size, 16);
    this.state = this.remaining === 0 ? "trailer" : "chunk";
    return "again";
  }

  private keep(): void {
    const bytes = this.buffer.subarray(0, this.remaining);
    this.buffer = this.buffer.subarray(bytes.length);
    this.remaining -= bytes.length;
    this.bodyBytes += bytes.length;
    const room = KEPT_BODY_BYTES - this.keptBytes;
    if (room <= 0 || bytes.length === 0) return;
    // A copy, so that the network's whole buffer is not held for a few bytes of it.
    const copy = Buffer.from(bytes.subarray(0, room));
    this.keptBytes += copy.length;
    this.kept.push(copy);
  }

  private takeBody(fault: Body["fault"]): Body {
    return { bytes: Buffer.concat(this.kept), length: this.bodyBytes, fault };
  }

  private endBody(fault: Body["fault"]): Item {
    const body = this.takeBody(fault);
    if (fault === null) this.state = "line";
    else this.stop();
    return { kind: "body", body };
  }

  /** A line without its ending, null if it has not ended yet, undefined if it is too long. */
  private takeLine(limit: number): string | null | undefined {
    const end = this.buffer.indexOf(LF);
    if ((end < 0 ? this.buffer.length : end) > limit) return undefined;
    if (end < 0) return null;
    const cr = end > 0 && this.buffer[end - 1] === 0x0d;
    if (!cr) this.bareLf = true;
    const line = this.buffer.toString("latin1", 0, cr ? end - 1 : end);
    this.buffer = this.buffer.subarray(end + 1);
    return line;
  }

  private fail(fault: HeadFault): Item {
    const bytes = Buffer.concat([
      Buffer.from([this.line, ...this.lines].join("\r\n").slice(0, 512), "latin1"),
      this.buffer.subarray(0, 512),
    ]);
    this.stop();
    return { kind: "fault", fault, bytes };
  }
}
