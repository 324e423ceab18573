import type { ApiEvent } from "../../../src/wire/api/event.ts";

/** The beginning of a file that an attacker left, as an event of kind `shell.file` holds it. */
export interface CapturedFile {
  /** Says nothing of what is in it, so that nothing opens it by its name. */
  readonly name: string;
  readonly kept: Uint8Array<ArrayBuffer>;
  /** Length of the whole file, of which `kept` may be the beginning only. */
  readonly bytes: number;
}

/** Twice what a decoy keeps: whoever sends more is no decoy. */
const MOST_BYTES = 144 * 1024;

/** @returns Null if the event is of another kind, or holds nothing that can be read. */
export function capturedFile({ kind, data }: Pick<ApiEvent, "kind" | "data">): CapturedFile | null {
  if (kind !== "shell.file" || !Array.isArray(data["content"])) return null;
  const pieces: string[] = [];
  for (const piece of data["content"]) {
    if (typeof piece !== "string") return null;
    pieces.push(piece);
  }
  const binary = decoded(pieces);
  if (binary === null || binary.length > MOST_BYTES) return null;
  const kept = Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  const hash = data["sha256"];
  const named = typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash);
  return {
    name: `captured-${named ? hash.slice(0, 16) : "unnamed"}.bin`,
    kept,
    bytes: typeof data["bytes"] === "number" ? data["bytes"] : kept.length,
  };
}

function decoded(pieces: readonly string[]): string | null {
  try {
    return pieces.map((piece) => atob(piece)).join("");
  } catch {
    return null;
  }
}
