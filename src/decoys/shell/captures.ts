import { createHash } from "node:crypto";

/** A file that a visitor brought or wrote, as far as it is kept. */
export interface Capture {
  readonly path: string;
  /** How it came: `shell`, `scp` or `sftp`. */
  readonly via: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Its beginning, base64, in pieces. */
  readonly content: readonly string[];
}

/** A piece fits into a string of an event, and all of them into one event. */
const PIECE_BYTES = 12 * 1024;
const MAX_PIECES = 6;
/** Beyond these a session's files are no longer told of. */
const MAX_CAPTURES = 200;
const MAX_OPEN = 500;

/**
 * Notes which files a session wrote, and takes each down when it is complete: before it is replaced
 * or removed, else at the end. A file that grows line by line is so told of once.
 */
export class Captures {
  via = "shell";
  private readonly contentAt: (path: string) => string | null;
  private readonly open = new Map<string, string>();
  private readonly done: Capture[] = [];
  private readonly known = new Set<string>();

  /** @param contentAt What stands at a path now, as Latin-1; null if no file does. */
  constructor(contentAt: (path: string) => string | null) {
    this.contentAt = contentAt;
  }

  wrote(path: string): void {
    if (this.open.size < MAX_OPEN || this.open.has(path)) this.open.set(path, this.via);
  }

  /** What is at `path` is about to go: also what is below it. */
  leaving(path: string): void {
    for (const name of Array.from(this.open.keys())) {
      if (name === path || name.startsWith(`${path}/`)) this.close(name);
    }
  }

  /** Takes down a file that never was on the disk as a whole. */
  add(path: string, head: string, bytes: number, sha256: string): void {
    if (bytes === 0 || this.known.has(sha256) || this.known.size >= MAX_CAPTURES) return;
    this.known.add(sha256);
    const kept = Buffer.from(head.slice(0, PIECE_BYTES * MAX_PIECES), "latin1");
    const content: string[] = [];
    for (let at = 0; at < kept.length; at += PIECE_BYTES) {
      content.push(kept.toString("base64", at, Math.min(at + PIECE_BYTES, kept.length)));
    }
    this.done.push({ path, via: this.via, bytes, sha256, content });
  }

  /** Those that are complete, each once. */
  take(): Capture[] {
    return this.done.splice(0);
  }

  /** All of them: the session ends. */
  finish(): Capture[] {
    for (const path of Array.from(this.open.keys())) this.close(path);
    return this.take();
  }

  private close(path: string): void {
    const via = this.open.get(path) ?? this.via;
    this.open.delete(path);
    const content = this.contentAt(path);
    if (content === null) return;
    const now = this.via;
    this.via = via;
    const sha256 = createHash("sha256").update(content, "latin1").digest("hex");
    this.add(path, content, content.length, sha256);
    this.via = now;
  }
}
