import { regexpOf } from "./sources.ts";

/** A value of awk: both text and number, as it is used. */
export type Value = string | number;

export const truth = (value: Value) => (typeof value === "number" ? value !== 0 : value !== "");
const looksNumeric = (text: string) =>
  /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?\s*$/.test(text);
export const numberOf = (value: Value) =>
  typeof value === "number"
    ? value
    : Number(/^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/.exec(value)?.[0] ?? 0);

export function textOf(value: Value): string {
  if (typeof value === "string") return value;
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(6)));
}

export function splitText(line: string, separator: string): string[] {
  if (separator === " ") return line.trim() === "" ? [] : line.trim().split(/\s+/);
  if (line === "") return [];
  if (separator.length === 1) return line.split(separator);
  return line.split(regexpOf(separator, "extended", "") ?? separator);
}

export function compare(operator: string, one: Value, other: Value): boolean {
  const numeric = [one, other].every((value) => typeof value === "number" || looksNumeric(value));
  const [left, right] = numeric ? [numberOf(one), numberOf(other)] : [textOf(one), textOf(other)];
  switch (operator) {
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case "==":
      return left === right;
    case "!=":
      return left !== right;
    case ">":
      return left > right;
    default:
      return left >= right;
  }
}

export function arithmetic(operator: string, left: number, right: number): number {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "/":
      return right === 0 ? 0 : left / right;
    default:
      return right === 0 ? 0 : left % right;
  }
}
