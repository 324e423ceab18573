import type { Call } from "../call.ts";
import { unescape } from "../escapes.ts";

const MAX_ROUNDS = 1000;
const MAX_WIDTH = 4096;

/** printf(1): the format is used again while arguments are left. */
export function printf(call: Call): number {
  const args = call.args[0] === "--" ? call.args.slice(1) : call.args;
  const [format, ...rest] = args;
  if (format === undefined) {
    call.err(`${call.shell.selfName}: printf: usage: printf [-v var] format [arguments]\n`);
    return 2;
  }
  call.out(formatted(format, rest, true));
  return 0;
}

/** @param again Whether the format is used again while arguments are left. */
export function formatted(format: string, rest: readonly string[], again: boolean): string {
  let at = 0;
  let written = "";
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const before = at;
    written += unescape(format, false).replace(
      /%(?:%|([-+ 0#]*)(\d*)(?:\.(\d+))?([a-zA-Z]))/g,
      (whole, flags: string | undefined, width: string, precision: string, letter: string) => {
        if (whole === "%%" || flags === undefined) return "%";
        const value = convert(letter, rest[at++] ?? "", precision);
        const size = Math.min(Number(width), MAX_WIDTH);
        if (flags.includes("-")) return value.padEnd(size);
        return value.padStart(size, flags.includes("0") && letter !== "s" ? "0" : " ");
      },
    );
    if (!again || at >= rest.length || at === before) break;
  }
  return written;
}

function convert(letter: string, value: string, precision: string | undefined): string {
  const number = Math.trunc(Number(value.startsWith("'") ? value.charCodeAt(1) : value)) || 0;
  switch (letter) {
    case "d":
    case "i":
    case "u":
      return String(number);
    case "x":
      return number.toString(16);
    case "X":
      return number.toString(16).toUpperCase();
    case "o":
      return number.toString(8);
    case "c":
      return value.charAt(0);
    case "b":
      return unescape(value, true);
    case "f":
      return (Number(value) || 0).toFixed(Math.min(Number(precision ?? 6), 20));
    case "q":
      return value.replace(/[^\w@%+=:,./-]/g, "\\$&");
    default:
      return precision === undefined ? value : value.slice(0, Number(precision));
  }
}
