/** What one chunk of bytes completed. */
export interface Lines {
  /** Whole lines without their ending, read as Latin-1 so that no byte is lost. */
  readonly lines: readonly string[];
  /** True once a line grew past the limit: nothing more will be read. */
  readonly overflowed: boolean;
}

/** Longest line, in bytes: beyond it a client only wants our memory. */
export const MAX_LINE_BYTES = 512;

/**
 * Splits bytes into lines that end in LF or CR LF, wherever the network cut them.
 * Holds at most one line of `MAX_LINE_BYTES`.
 */
export class LineParser {
  private rest = "";
  private overflowed = false;

  push(chunk: Buffer): Lines {
    if (this.overflowed) return { lines: [], overflowed: true };
    const parts = (this.rest + chunk.toString("latin1")).split("\n");
    this.rest = parts.pop() ?? "";
    this.overflowed = [...parts, this.rest].some((line) => line.length > MAX_LINE_BYTES);
    const lines = parts
      .filter((line) => line.length <= MAX_LINE_BYTES)
      .map((line) => line.replace(/\r$/, ""));
    if (this.overflowed) this.rest = "";
    return { lines, overflowed: this.overflowed };
  }
}
