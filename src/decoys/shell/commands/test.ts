import type { Call } from "../call.ts";
import { which } from "../path.ts";
import { globPattern } from "../patterns.ts";
import { allows, isFault, sizeOf } from "../tree.ts";

/** test(1), `[` and `[[`: 0 true, 1 false, 2 for what it cannot read. */
export function test(call: Call): number {
  const closing = call.name === "[" ? "]" : call.name === "[[" ? "]]" : null;
  const words = [...call.args];
  if (closing !== null && words.pop() !== closing) {
    call.err(`${call.shell.selfName}: ${call.name}: missing \`${closing}'\n`);
    return 2;
  }
  const value = either(call, words);
  return value === null ? 2 : Number(!value);
}

function either(call: Call, words: readonly string[]): boolean | null {
  for (const [operator, joins] of [
    ["-o", (a: boolean, b: boolean) => a || b],
    ["||", (a: boolean, b: boolean) => a || b],
    ["-a", (a: boolean, b: boolean) => a && b],
    ["&&", (a: boolean, b: boolean) => a && b],
  ] as const) {
    const at = words.indexOf(operator, 1);
    if (at < 0 || words.length <= 3) continue;
    const left = primary(call, words.slice(0, at));
    const right = either(call, words.slice(at + 1));
    return left === null || right === null ? null : joins(left, right);
  }
  return primary(call, words);
}

function primary(call: Call, words: readonly string[]): boolean | null {
  const [first = "", second = "", third = ""] = words;
  if (words.length === 0) return false;
  if (first === "!") {
    const value = primary(call, words.slice(1));
    return value === null ? null : !value;
  }
  if (words.length === 1) return first !== "";
  if (words.length === 2) return unary(call, first, second);
  if (words.length === 3) return binary(call, first, second, third);
  call.err(`${call.shell.selfName}: ${call.name}: too many arguments\n`);
  return null;
}

function unary(call: Call, operator: string, operand: string): boolean | null {
  const { shell } = call;
  if (operator === "-n") return operand !== "";
  if (operator === "-z") return operand === "";
  if (operator === "-v") return shell.variables.has(operand);
  if (operator === "-t") return shell.seat.tty !== null;
  const entry = shell.disk.stat(shell.cwd, operand, operator !== "-h" && operator !== "-L");
  if (isFault(entry)) return false;
  switch (operator) {
    case "-e":
    case "-a":
      return true;
    case "-f":
      return entry.kind === "file";
    case "-d":
      return entry.kind === "directory";
    case "-h":
    case "-L":
      return entry.kind === "link";
    case "-b":
    case "-c":
      return entry.kind === "device" && operator === `-${entry.letter}`;
    case "-s":
      return sizeOf(entry) > 0;
    case "-r":
      return allows(entry, shell.account, "read");
    case "-w":
      return allows(entry, shell.account, "write");
    case "-x":
      return (entry.mode & 0o111) !== 0;
    default:
      return false;
  }
}

function binary(call: Call, left: string, operator: string, right: string): boolean | null {
  const [a, b] = [Number(left), Number(right)];
  switch (operator) {
    case "=":
      return left === right;
    case "==":
      return call.name === "[[" ? globPattern(right).test(left) : left === right;
    case "!=":
      return call.name === "[[" ? !globPattern(right).test(left) : left !== right;
    case "<":
      return left < right;
    case ">":
      return left > right;
    case "=~":
      return left.includes(right.replace(/^\^|\$$/g, ""));
    case "-nt":
    case "-ot":
      return which(call.shell, left) !== null;
  }
  if (Number.isNaN(a) || Number.isNaN(b)) {
    const wrong = Number.isNaN(a) ? left : right;
    call.err(`${call.shell.selfName}: ${call.name}: ${wrong}: integer expression expected\n`);
    return null;
  }
  switch (operator) {
    case "-eq":
      return a === b;
    case "-ne":
      return a !== b;
    case "-lt":
      return a < b;
    case "-le":
      return a <= b;
    case "-gt":
      return a > b;
    case "-ge":
      return a >= b;
    default:
      return null;
  }
}
