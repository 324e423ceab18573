import type { Shell } from "./command.ts";
import { type Column, table } from "./table.ts";

/** The flag that every command which prints an outcome takes. */
export interface JsonOption {
  readonly json?: boolean;
}

type Printing = Pick<Shell, "terminal">;

/** Prints what was asked for: the value itself as JSON, or lines for a person. */
export function printFound(
  { terminal }: Printing,
  { json }: JsonOption,
  value: unknown,
  lines: () => readonly string[],
): void {
  if (json === true) terminal.print(JSON.stringify(value, null, 2));
  else for (const line of lines()) terminal.print(line);
}

/** Prints a list: its items as JSON, or a table; `none` in place of a table without rows. */
export function printList<Row>(
  shell: Printing,
  options: JsonOption,
  items: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): void {
  printFound(shell, options, items, () =>
    items.length === 0 ? [none] : table(columns, items, shell.terminal.style),
  );
}

/** Prints that something was done: its facts as JSON, or one line. */
export function printDone(
  { terminal }: Printing,
  { json }: JsonOption,
  facts: object,
  line: string,
): void {
  terminal.print(json === true ? JSON.stringify(facts) : line);
}

/**
 * Prints what is shown this once. What there is to say about it goes to standard error, so that
 * standard output, which may be a file, holds the secret alone.
 */
export function printOnce(
  { terminal }: Printing,
  { json }: JsonOption,
  made: object,
  note: string,
  secret: string,
): void {
  if (json === true) {
    terminal.print(JSON.stringify(made, null, 2));
    return;
  }
  terminal.note(terminal.noteStyle.dim(note));
  terminal.print(secret);
}
