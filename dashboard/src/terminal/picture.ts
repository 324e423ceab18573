import type { IBuffer, IBufferCell, Terminal } from "@xterm/headless";
import { color } from "./color.ts";

/** What a terminal shows, as data: text and looks, and nothing that a browser would obey. */
export interface Picture {
  readonly columns: number;
  readonly rows: readonly (readonly Run[])[];
  /** In which row the cursor is, from 0, also while it is hidden. */
  readonly cursorRow: number;
}

/** Cells side by side that look alike. */
export interface Run {
  readonly text: string;
  /** How many cells wide. */
  readonly cells: number;
  /** CSS colors; null is the screen's own. */
  readonly ink: string | null;
  readonly ground: string | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly line: "underline" | "line-through" | "underline line-through" | null;
}

/** Code units of one cell: a letter with its marks; more is a heap of marks. */
const CELL_CHARS = 8;

export function pictureOf(terminal: Terminal, cursor: boolean): Picture {
  const buffer = terminal.buffer.active;
  const rows = Array.from({ length: terminal.rows }, (_, y) =>
    runsOf(buffer, y, terminal.cols, cursor && y === buffer.cursorY ? buffer.cursorX : null),
  );
  return { columns: terminal.cols, rows, cursorRow: buffer.cursorY };
}

function runsOf(buffer: IBuffer, y: number, columns: number, cursorX: number | null): Run[] {
  const line = buffer.getLine(buffer.baseY + y);
  const runs: Run[] = [];
  if (line === undefined) return runs;
  // Past the last column the cursor waits for the next character.
  const cursorAt = cursorX === null ? null : Math.min(cursorX, columns - 1);
  let last: { run: Run; plain: boolean } | null = null;
  for (let x = 0; x < columns; x += 1) {
    const cell = line.getCell(x);
    if (cell === undefined || cell.getWidth() === 0) continue;
    const run = runOf(cell, x === cursorAt);
    const plain = /^[\x20-\x7e]$/.test(run.text);
    if (last !== null && last.plain && plain && looksAlike(last.run, run)) {
      last.run = { ...last.run, text: last.run.text + run.text, cells: last.run.cells + 1 };
      runs[runs.length - 1] = last.run;
    } else {
      // Of other scripts each has its own place: no font and no direction mark moves its neighbors.
      last = { run, plain };
      runs.push(run);
    }
  }
  return runs;
}

function runOf(cell: IBufferCell, isCursor: boolean): Run {
  const ink = color(cell.isFgDefault(), cell.isFgRGB(), cell.getFgColor());
  const ground = color(cell.isBgDefault(), cell.isBgRGB(), cell.getBgColor());
  const inverse = (cell.isInverse() !== 0) !== isCursor;
  const shown = inverse
    ? { ink: ground ?? "var(--screen)", ground: ink ?? "var(--screen-ink)" }
    : { ink, ground };
  const lines = [cell.isUnderline() && "underline", cell.isStrikethrough() && "line-through"];
  const line = lines.filter((each) => typeof each === "string").join(" ");
  return {
    text: cell.isInvisible() ? " " : visible(cell.getChars()),
    cells: cell.getWidth(),
    ...shown,
    bold: cell.isBold() !== 0,
    dim: cell.isDim() !== 0,
    italic: cell.isItalic() !== 0,
    line: line === "" ? null : (line as Run["line"]),
  };
}

/** Without marks that have no picture of their own but change how others are drawn. */
function visible(chars: string): string {
  const text = chars.slice(0, CELL_CHARS).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "");
  return text === "" ? " " : text;
}

function looksAlike(a: Run, b: Run): boolean {
  return (
    a.ink === b.ink &&
    a.ground === b.ground &&
    a.bold === b.bold &&
    a.dim === b.dim &&
    a.italic === b.italic &&
    a.line === b.line
  );
}
