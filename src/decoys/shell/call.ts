import type { Dialect, Running, Shell } from "./shell.ts";

/** Where a command's input comes from, piece by piece; null at its end. */
export interface Input {
  (echo?: boolean): Running<string | null>;
  /** Gives back what was read too far, for the next who reads. */
  readonly unread: (text: string) => void;
}

/** Where a command reads and writes. */
export interface Io {
  readonly stdin: Input;
  /** Whether `stdin` is the visitor's keyboard. */
  readonly keyboard: boolean;
  /** Whether `out` goes to the visitor's terminal. */
  readonly terminal: boolean;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** One command as it is started: what main() gets, and the shell that started it. */
export interface Call extends Io {
  readonly name: string;
  readonly args: readonly string[];
  readonly shell: Shell;
  /** Runs another command on the same streams, as sudo, xargs and busybox do. */
  invoke(argv: readonly string[], io?: Partial<Io>): Running;
  /** Runs shell text on the same streams, in this shell or in one of its own. */
  script(text: string, options: ScriptOptions): Running;
}

export interface ScriptOptions {
  readonly subshell: boolean;
  /** What it is called in messages; absent for text of the shell's own. */
  readonly name?: string;
  /** Whether it comes from a file or standard input, not from `-c`. */
  readonly isFile?: boolean;
  readonly parameters?: readonly string[];
  readonly dialect?: Dialect;
}

/** A program: exit status, at once or after it slept or read. */
export type Program = (call: Call) => number | Running;

/** Input that was there from the start. */
export function inputOf(text: string): Input {
  let rest = text;
  const input = function* (): Running<string | null> {
    const piece = rest;
    rest = "";
    yield* [];
    return piece === "" ? null : piece;
  };
  const unread = (back: string) => {
    rest = back + rest;
  };
  return Object.assign(input, { unread });
}

const MAX_INPUT_BYTES = 1024 * 1024;

export function* readAll(call: Pick<Call, "stdin">): Running<string> {
  let all = "";
  for (let piece = yield* call.stdin(); piece !== null; piece = yield* call.stdin()) {
    all += piece;
    if (all.length > MAX_INPUT_BYTES) break;
  }
  return all;
}

/** One line of input, the rest given back; null at the end. */
export function* lineOf({ stdin }: Pick<Call, "stdin">, echo = true): Running<string | null> {
  let held = "";
  for (;;) {
    const piece = yield* stdin(echo);
    if (piece === null) return held === "" ? null : held;
    held += piece;
    const end = held.indexOf("\n");
    if (end < 0) continue;
    stdin.unread(held.slice(end + 1));
    return held.slice(0, end);
  }
}

/** Writes `name: message` to standard error. @returns `rc`. */
export function fail(call: Call, message: string, rc = 1): number {
  call.err(`${call.name}: ${message}\n`);
  return rc;
}

export interface Options {
  /** Letters and long names that were given. */
  readonly flags: ReadonlySet<string>;
  /** Values of those that take one. */
  readonly values: ReadonlyMap<string, string>;
  readonly operands: readonly string[];
  /** First option that is none of `known`; null if all are. */
  readonly unknown: string | null;
}

/**
 * Reads arguments as getopt_long(3) does.
 *
 * @param known Letters, each followed by `:` if it takes a value; null accepts any.
 * @param long Long names that take a value.
 */
export function optionsOf(
  args: readonly string[],
  known: string | null,
  long: readonly string[] = [],
): Options {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const operands: string[] = [];
  let unknown: string | null = null;
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? "";
    if (arg === "--") {
      operands.push(...args.slice(at + 1));
      break;
    }
    if (arg.startsWith("--")) {
      const [name = "", value] = arg.slice(2).split(/=(.*)/s);
      flags.add(name);
      if (value !== undefined) values.set(name, value);
      else if (long.includes(name)) values.set(name, args[++at] ?? "");
    } else if (arg.startsWith("-") && arg !== "-") {
      for (let letter = 1; letter < arg.length; letter++) {
        const flag = arg.charAt(letter);
        const place = known?.indexOf(flag) ?? 0;
        if (place < 0) unknown ??= flag;
        flags.add(flag);
        if (known?.charAt(place + 1) !== ":") continue;
        values.set(flag, arg.slice(letter + 1) || (args[++at] ?? ""));
        break;
      }
    } else operands.push(arg);
  }
  return { flags, values, operands, unknown };
}

/** Words of `ls` and its kin for an option that they do not have. */
export function badOption(call: Call, letter: string, rc = 1): number {
  const hint = `Try '${call.name} --help' for more information.`;
  return fail(call, `invalid option -- '${letter}'\n${hint}`, rc);
}
