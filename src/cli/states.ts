import type { Style } from "./terminal.ts";

const COLORS: Readonly<Record<string, keyof Style>> = {
  active: "green",
  running: "green",
  enrolled: "cyan",
  pending: "cyan",
  stopping: "cyan",
  silent: "red",
  failed: "red",
  quarantined: "red",
  degraded: "yellow",
  unknown: "yellow",
  decommissioned: "dim",
  absent: "dim",
};

/** Colors a state's word. The word says it all; red only for what needs a person. */
export function paintState(word: string, _row: unknown, style: Style): string {
  const color = COLORS[word];
  return color === undefined ? word : style[color](word);
}
