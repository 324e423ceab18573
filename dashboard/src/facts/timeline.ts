/** Something that a terminal showed. Times are seconds on the timeline, pauses shortened. */
export type Frame = { readonly atS: number; readonly realS: number } & (
  | { readonly kind: "output"; readonly text: string }
  | ({ readonly kind: "resize" } & Size)
);

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A recording, ready to be played. */
export interface Timeline {
  readonly size: Size;
  /** When it began, Unix milliseconds by its host's clock; null if that is not known. */
  readonly startMs: number | null;
  readonly frames: readonly Frame[];
  /** Where something was left out or lost. */
  readonly gaps: readonly { readonly atS: number; readonly text: string }[];
  readonly durationS: number;
}

/** Longest pause that is played: nobody watches somebody think. */
export const PAUSE_S = 2;

const USUAL: Size = { columns: 80, rows: 24 };
/** An attacker says how large his terminal is; this page draws no larger ones. */
const MOST: Size = { columns: 300, rows: 120 };
const TEXT_CHARS = 200;

/** Reads an asciicast v3 file (docs.asciinema.org/manual/asciicast/v3). What is no line of one is passed over. */
export function timelineOf(cast: string): Timeline {
  let header: { readonly size: Size; readonly startMs: number | null } | null = null;
  const frames: Frame[] = [];
  const gaps: { atS: number; text: string }[] = [];
  let atS = 0;
  let realS = 0;
  for (const line of cast.split("\n")) {
    const value = parsed(line);
    if (!Array.isArray(value)) {
      header ??= headerOf(value);
      continue;
    }
    const [interval, code, text] = value as readonly unknown[];
    if (typeof interval !== "number" || !(interval >= 0) || typeof text !== "string") continue;
    atS += Math.min(interval, PAUSE_S);
    realS += interval;
    if (code === "o") frames.push({ atS, realS, kind: "output", text });
    else if (code === "m") gaps.push({ atS, text: text.slice(0, TEXT_CHARS) });
    else if (code === "r") {
      const size = resizeOf(text);
      if (size !== null) frames.push({ atS, realS, kind: "resize", ...size });
    }
  }
  return { size: USUAL, startMs: null, ...header, frames, gaps, durationS: atS };
}

/** How many frames are shown at a time: those that are due. */
export function framesAt({ frames }: Timeline, atS: number): number {
  let low = 0;
  let high = frames.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((frames[middle]?.atS ?? 0) <= atS) low = middle + 1;
    else high = middle;
  }
  return low;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

function headerOf(value: unknown) {
  if (typeof value !== "object" || value === null) return null;
  const { term, timestamp } = value as { readonly term?: unknown; readonly timestamp?: unknown };
  const { cols, rows } = (term ?? {}) as { readonly cols?: unknown; readonly rows?: unknown };
  return {
    size: bounded(Number(cols), Number(rows)) ?? USUAL,
    startMs: typeof timestamp === "number" && isDate(timestamp * 1000) ? timestamp * 1000 : null,
  };
}

function isDate(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime());
}

function resizeOf(text: string): Size | null {
  const [, columns, rows] = /^(\d{1,6})x(\d{1,6})$/.exec(text) ?? [];
  return bounded(Number(columns), Number(rows));
}

function bounded(columns: number, rows: number): Size | null {
  if (!(columns >= 1) || !(rows >= 1)) return null;
  return {
    // The emulator has no narrower ones.
    columns: Math.max(2, Math.min(MOST.columns, Math.floor(columns))),
    rows: Math.min(MOST.rows, Math.floor(rows)),
  };
}
