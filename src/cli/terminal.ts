import type { Environment } from "./settings.ts";

/** Where a command writes. What it is asked for goes to standard output, talk to standard error. */
export interface Terminal {
  /** Whether standard output is a terminal: then a person reads along, and lines may be redrawn. */
  readonly interactive: boolean;
  readonly style: Style;
  /** Of standard error. */
  readonly noteStyle: Style;
  /** Whether standard error is a terminal. */
  readonly noteInteractive: boolean;
  readonly print: (line: string) => void;
  note(line: string): void;
  /** Writes to standard error without a line's end. */
  draw(text: string): void;
}

export type Style = Readonly<Record<keyof typeof SGR, (text: string) => string>>;

/** Select Graphic Rendition (ECMA-48, section 8.3.117): on and off. */
const SGR = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;

export function styleOf(color: boolean): Style {
  const paint = ([on, off]: readonly [number, number]) =>
    color ? (text: string) => `\u001b[${on}m${text}\u001b[${off}m` : (text: string) => text;
  return {
    bold: paint(SGR.bold),
    dim: paint(SGR.dim),
    red: paint(SGR.red),
    green: paint(SGR.green),
    yellow: paint(SGR.yellow),
    cyan: paint(SGR.cyan),
  };
}

/** Colors on a terminal only, and none there either if NO_COLOR says so (no-color.org). */
export function wantsColor(stream: { readonly isTTY?: boolean }, env: Environment): boolean {
  return stream.isTTY === true && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
}

export function createTerminal(
  stdout: NodeJS.WriteStream,
  stderr: NodeJS.WriteStream,
  env: Environment,
): Terminal {
  return {
    interactive: stdout.isTTY,
    noteInteractive: stderr.isTTY,
    style: styleOf(wantsColor(stdout, env)),
    noteStyle: styleOf(wantsColor(stderr, env)),
    print: (line) => void stdout.write(`${line}\n`),
    note: (line) => void stderr.write(`${line}\n`),
    draw: (text) => void stderr.write(text),
  };
}

/** Control, format, line and paragraph separators: Unicode, section 4.5. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Text of somebody else's making, made harmless: control characters, escape sequences and marks
 * that turn the direction of writing are shown, never obeyed.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\r") return "\\r";
    if (character === "\t") return "\\t";
    const code = (character.codePointAt(0) ?? 0).toString(16);
    return code.length <= 2 ? `\\x${code.padStart(2, "0")}` : `\\u{${code}}`;
  });
}
