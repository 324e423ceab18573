import type { ApiEvent } from "../../../src/wire/api/event.ts";

/** What is there of one terminal's recording, as one asciicast v3 file. */
export interface Recording {
  /** Which shell of the connection, from 1. */
  readonly shell: number;
  readonly cast: string;
  /** How many pieces it is made of. */
  readonly parts: number;
  /** How many before the last one are not there. A marker stands in the place of each gap. */
  readonly missing: number;
  /** False while more may come, or if the end was lost. */
  readonly ended: boolean;
  /** Bytes that the recorder left out, because somebody flooded it. */
  readonly leftOutBytes: number;
  /** True if it is longer than a page holds, so that its end is not in `cast`. */
  readonly isCut: boolean;
}

interface Piece {
  readonly shell: number;
  readonly part: number;
  readonly cast: string;
  readonly last: boolean;
  readonly leftOutBytes: number;
}

/** A recorder's allowance is well below a megabyte at once; so much is days of it. */
const MOST_CAST_CHARS = 8 * 1024 * 1024;
/** Stands in when the first piece, which has the header, is not there. */
const HEADER = JSON.stringify({ version: 3, term: { cols: 80, rows: 24 } });

/**
 * Puts the recordings of one session together.
 * @param events Of that session, in any order; other kinds are passed over.
 * @returns One recording a shell, in the order of shells.
 */
export function recordingsOf(events: readonly ApiEvent[]): readonly Recording[] {
  const shells = new Map<number, Map<number, Piece>>();
  for (const event of events) {
    const piece = pieceOf(event);
    if (piece === null) continue;
    const pieces = shells.get(piece.shell) ?? new Map<number, Piece>();
    shells.set(piece.shell, pieces.set(piece.part, piece));
  }
  return [...shells]
    .toSorted(([a], [b]) => a - b)
    .map(([shell, pieces]) => joined(shell, [...pieces.values()]));
}

function joined(shell: number, unordered: readonly Piece[]): Recording {
  const pieces = unordered.toSorted((a, b) => a.part - b.part);
  const lines: string[] = [];
  let chars = 0;
  let missing = 0;
  let next = 1;
  let isCut = false;
  for (const { part, cast } of pieces) {
    chars += cast.length;
    if (chars > MOST_CAST_CHARS) {
      isCut = true;
      break;
    }
    if (part > next) {
      if (next === 1) lines.push(HEADER);
      lines.push(JSON.stringify([0, "m", gap(next, part - 1)]));
      missing += part - next;
    }
    if (cast !== "") lines.push(cast.endsWith("\n") ? cast.slice(0, -1) : cast);
    next = part + 1;
  }
  const last = pieces.at(-1);
  return {
    shell,
    cast: `${lines.join("\n")}\n`,
    parts: pieces.length,
    missing,
    ended: last?.last === true,
    leftOutBytes: last?.leftOutBytes ?? 0,
    isCut,
  };
}

function gap(first: number, last: number): string {
  return first === last ? `part ${first} is missing` : `parts ${first} to ${last} are missing`;
}

function pieceOf({ kind, data }: ApiEvent): Piece | null {
  const { shell, part, cast, last, left_out_bytes: leftOut } = data;
  if (kind !== "shell.recording" || !isPlace(shell) || !isPlace(part)) return null;
  if (typeof cast !== "string") return null;
  return {
    shell,
    part,
    cast,
    last: last === true,
    leftOutBytes: typeof leftOut === "number" && leftOut > 0 ? leftOut : 0,
  };
}

function isPlace(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}
