/** Where something stands in a body: first byte, and the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const CLOSE: ReadonlySet<number> = new Set([0x5d, 0x7d]);

/**
 * Finds the elements of `status.deckies`.
 *
 * @param body A heartbeat's body that has been parsed: valid JSON in UTF-8.
 * @returns null if it cannot be sure: a key that is written twice or with escapes, or elements that
 *   are no objects.
 */
export function locateDeckies(body: Buffer): readonly Span[] | null {
  let depth = 0;
  /** Keys that lead to where the scan is, one a depth, as written. */
  const path: string[] = [];
  const spans: Span[] = [];
  let seen = 0;
  let start = -1;
  for (let at = 0; at < body.length; at += 1) {
    const byte = body[at] ?? 0;
    if (byte === QUOTE) {
      const end = endOfString(body, at);
      if (depth <= 2 && followedByColon(body, end)) {
        const key = body.toString("latin1", at + 1, end - 1);
        if (key.includes("\\")) return null;
        path[depth] = key;
        const leads = depth === 1 ? key === "status" : path[1] === "status" && key === "deckies";
        if (leads) seen += 1;
      }
      at = end - 1;
    } else if (OPEN.has(byte)) {
      depth += 1;
      if (depth === 4 && isDeckies(path)) {
        if (byte !== 0x7b) return null;
        start = at;
      }
    } else if (CLOSE.has(byte)) {
      if (depth === 4 && start !== -1) {
        spans.push({ start, end: at + 1 });
        start = -1;
      }
      depth -= 1;
    }
  }
  return seen === 2 ? spans : null;
}

const isDeckies = (path: readonly string[]) => path[1] === "status" && path[2] === "deckies";

/** @param at Of the opening quote. @returns The place after the closing one. */
function endOfString(body: Buffer, at: number): number {
  for (let end = at + 1; end < body.length; end += 1) {
    const byte = body[end];
    if (byte === BACKSLASH) end += 1;
    else if (byte === QUOTE) return end + 1;
  }
  return body.length;
}

/** A string before a colon is a key; before a comma or a bracket it is a value. */
function followedByColon(body: Buffer, at: number): boolean {
  for (let next = at; next < body.length; next += 1) {
    const byte = body[next] ?? 0;
    if (byte === COLON) return true;
    if (byte === COMMA || byte > 0x20) return false;
  }
  return false;
}
