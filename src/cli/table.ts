import { stripVTControlCharacters } from "node:util";
import { printable, type Style } from "./terminal.ts";

export interface Column<Row> {
  readonly title: string;
  /** Its text may come from anywhere: it is made harmless before it is shown. */
  readonly cell: (row: Row) => string | number | null;
  readonly align?: "right";
  /** Left out if no row has anything to say in it. */
  readonly optional?: true;
  /** Colors the harmless text. */
  readonly paint?: (text: string, row: Row, style: Style) => string;
}

/** Rows below their titles, two spaces between columns, nothing after the last one. */
export function table<Row>(
  all: readonly Column<Row>[],
  rows: readonly Row[],
  style: Style,
): string[] {
  const columns = all.filter(({ optional, cell }) => !optional || rows.some((row) => cell(row)));
  const cells = rows.map((row) => columns.map(({ cell }) => printable(`${cell(row) ?? "-"}`)));
  const widths = columns.map(({ title }, place) =>
    Math.max(title.length, ...cells.map((line) => widthOf(line[place] ?? ""))),
  );
  const line = (texts: readonly string[]) =>
    texts
      .map((text, place) => pad(text, widths[place] ?? 0, columns[place]?.align))
      .join("  ")
      .trimEnd();
  const painted = cells.map((texts, index) =>
    texts.map((text, place) => {
      const row = rows[index];
      const paint = columns[place]?.paint;
      return paint === undefined || row === undefined ? text : paint(text, row, style);
    }),
  );
  return [style.dim(line(columns.map(({ title }) => title))), ...painted.map(line)];
}

/** `name: value` lines for one thing, the names in one column. */
export function facts(
  pairs: readonly (readonly [name: string, value: string | number | null])[],
  style: Style,
): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(
    ([name, value]) => `${style.dim(name.padEnd(width))}  ${printable(`${value ?? "-"}`)}`,
  );
}

function pad(text: string, width: number, align: "right" | undefined): string {
  const space = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "right" ? space + text : text + space;
}

function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
