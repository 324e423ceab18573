import { createHash } from "node:crypto";
import type { Disk } from "./disk.ts";
import type { Fault } from "./tree.ts";

/** What is kept of a file that is brought; the rest is counted and hashed. */
const KEPT_BYTES = 2 * 1024 * 1024;

/** A file on its way in, by scp or sftp: put on the disk, and on record, once it is whole. */
export class Upload {
  readonly path: string;
  private readonly disk: Disk;
  private readonly cwd: string;
  private readonly via: string;
  private readonly hash = createHash("sha256");
  private kept: string[] = [];
  private keptBytes = 0;
  private inOrder = true;
  bytes = 0;

  /** @param via `scp` or `sftp`. */
  constructor(disk: Disk, cwd: string, path: string, via: string) {
    this.disk = disk;
    this.cwd = cwd;
    this.path = path;
    this.via = via;
  }

  /** @param offset Where the bytes (Latin-1) belong; as a rule where the last ones ended. */
  write(text: string, offset = this.bytes): void {
    if (offset === this.bytes) {
      this.hash.update(text, "latin1");
      this.keep(text);
    } else {
      this.inOrder = false;
      if (offset + text.length <= KEPT_BYTES) this.place(text, offset);
    }
    this.bytes = Math.max(this.bytes, offset + text.length);
  }

  /** What came so far, for a client that reads what it writes. */
  get content(): string {
    return this.kept.join("");
  }

  /** Puts it where it belongs. @returns Why it cannot be, or null. */
  close(): Fault | null {
    const { content, bytes } = this;
    const whole = content.length === bytes;
    const sha256 =
      this.inOrder || !whole
        ? this.hash.digest("hex")
        : createHash("sha256").update(content, "latin1").digest("hex");
    const refused = this.disk.write(this.cwd, this.path, content, false, bytes);
    const { captures } = this.disk;
    const { via } = captures;
    captures.via = this.via;
    // A disk that is full for us is no reason to lose what was sent.
    captures.add(this.path, content, bytes, sha256);
    captures.via = via;
    return refused;
  }

  private keep(text: string): void {
    const room = KEPT_BYTES - this.keptBytes;
    if (room <= 0) return;
    this.kept.push(text.slice(0, room));
    this.keptBytes += Math.min(text.length, room);
  }

  private place(text: string, offset: number): void {
    const before = this.content.padEnd(offset, "\0");
    this.kept = [before.slice(0, offset) + text + before.slice(offset + text.length)];
    this.keptBytes = this.kept[0]?.length ?? 0;
  }
}
