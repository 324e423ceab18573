import { unescape } from "../escapes.ts";
import type { Expression, Statement } from "./awk-syntax.ts";
import {
  arithmetic,
  compare,
  numberOf,
  splitText,
  textOf,
  truth,
  type Value,
} from "./awk-values.ts";
import { formatted } from "./printf.ts";
import { regexpOf } from "./sources.ts";

type Leaving = "next" | "exit" | "break" | "continue" | null;

/** What one program may do in all. */
const MAX_STEPS = 200_000;
const MAX_VALUES = 5000;
const MAX_TEXT = 64 * 1024;

/** Runs the statements of one program, within bounds. */
export class Awk {
  leaving: Leaving = null;
  private readonly out: (text: string) => void;
  private readonly variables = new Map<string, Value>();
  private readonly arrays = new Map<string, Map<string, Value>>();
  private fields: string[] = [""];
  private steps = 0;

  constructor(out: (text: string) => void) {
    this.out = out;
    for (const [name, value] of [
      ["OFS", " "],
      ["ORS", "\n"],
      ["NR", 0],
      ["NF", 0],
    ] as const)
      this.variables.set(name, value);
  }

  get goesOn(): boolean {
    return this.leaving === null;
  }

  get hasExited(): boolean {
    return this.leaving === "exit";
  }

  set(name: string, value: Value): void {
    if (this.variables.size < MAX_VALUES || this.variables.has(name))
      this.variables.set(name, value);
  }

  take(line: string): void {
    this.split(line.slice(0, MAX_TEXT));
    const number = numberOf(this.variables.get("NR") ?? 0) + 1;
    this.variables.set("NR", number).set("FNR", number);
  }

  run(statement: Statement): void {
    if (this.leaving !== null || this.spent()) return;
    switch (statement.kind) {
      case "block":
        for (const one of statement.body) this.run(one);
        return;
      case "expression":
        this.evaluate(statement.value);
        return;
      case "print": {
        const [separator, end] = ["OFS", "ORS"].map((name) =>
          textOf(this.variables.get(name) ?? ""),
        );
        const texts = statement.args.map((one) => textOf(this.evaluate(one)));
        this.out((texts.length === 0 ? (this.fields[0] ?? "") : texts.join(separator)) + end);
        return;
      }
      case "printf":
        this.out(this.format(statement.args));
        return;
      case "if":
        if (truth(this.evaluate(statement.test))) this.run(statement.yes);
        else if (statement.no !== null) this.run(statement.no);
        return;
      case "while":
        while (truth(this.evaluate(statement.test)) && !this.spent()) {
          this.run(statement.body);
          if (this.loopEnds()) return;
          if (statement.step !== null) this.run(statement.step);
        }
        return;
      case "each":
        for (const key of Array.from(this.array(statement.array).keys())) {
          this.set(statement.name, key);
          this.run(statement.body);
          if (this.loopEnds()) return;
        }
        return;
      case "next":
      case "exit":
      case "break":
      case "continue":
        this.leaving = statement.kind;
    }
  }

  evaluate(expression: Expression): Value {
    if (this.spent()) return "";
    switch (expression.kind) {
      case "number":
        return expression.value;
      case "string":
        return unescape(expression.text, false);
      case "regexp":
        return Number(this.matches(this.fields[0] ?? "", expression.text));
      case "variable":
        return this.variables.get(expression.name) ?? "";
      case "field":
        return this.fields[Math.max(0, Math.trunc(numberOf(this.evaluate(expression.of))))] ?? "";
      case "element":
        return this.array(expression.name).get(this.key(expression.of)) ?? "";
      case "choice":
        return this.evaluate(
          truth(this.evaluate(expression.test)) ? expression.yes : expression.no,
        );
      case "unary": {
        const value = this.evaluate(expression.of);
        if (expression.operator === "!") return Number(!truth(value));
        return expression.operator === "-" ? -numberOf(value) : numberOf(value);
      }
      case "step": {
        const before = numberOf(this.evaluate(expression.of));
        const after = before + (expression.operator === "++" ? 1 : -1);
        this.assign(expression.of, after);
        return expression.after ? before : after;
      }
      case "assign": {
        const value = this.evaluate(expression.value);
        const operator = expression.operator.slice(0, -1);
        const made =
          operator === ""
            ? value
            : arithmetic(operator, numberOf(this.evaluate(expression.to)), numberOf(value));
        this.assign(expression.to, made);
        return made;
      }
      case "call":
        return this.call(expression.name, expression.args);
      case "binary":
      default:
        return this.binary(expression.operator, expression.left, expression.right);
    }
  }

  private spent(): boolean {
    if (++this.steps > MAX_STEPS) this.leaving = "exit";
    return this.steps > MAX_STEPS;
  }

  private loopEnds(): boolean {
    if (this.leaving === "continue") this.leaving = null;
    if (this.leaving !== "break") return this.leaving !== null;
    this.leaving = null;
    return true;
  }

  private split(line: string): void {
    const separator = textOf(this.variables.get("FS") ?? " ");
    const parts = splitText(line, separator);
    this.fields = [line, ...parts];
    this.variables.set("NF", parts.length);
  }

  private array(name: string): Map<string, Value> {
    const known = this.arrays.get(name) ?? new Map<string, Value>();
    if (this.arrays.size < MAX_VALUES) this.arrays.set(name, known);
    return known;
  }

  private key(of: readonly Expression[]): string {
    return of.map((one) => textOf(this.evaluate(one))).join("\x1c");
  }

  private assign(to: Expression, value: Value): void {
    const kept = typeof value === "string" ? value.slice(0, MAX_TEXT) : value;
    if (to.kind === "variable") this.set(to.name, kept);
    else if (to.kind === "element") {
      const array = this.array(to.name);
      if (array.size < MAX_VALUES) array.set(this.key(to.of), kept);
    } else if (to.kind === "field") {
      const place = Math.trunc(numberOf(this.evaluate(to.of)));
      if (place === 0) this.split(textOf(kept));
      if (place < 1 || place > 500) return;
      this.fields[place] = textOf(kept);
      const parts = Array.from(this.fields, (field) => field ?? "").slice(1);
      this.fields = [parts.join(textOf(this.variables.get("OFS") ?? " ")), ...parts];
      this.variables.set("NF", parts.length);
    }
  }

  private matches(text: string, pattern: string): boolean {
    return regexpOf(pattern, "extended", "")?.test(text.slice(0, 8192)) ?? false;
  }

  private binary(operator: string, left: Expression, right: Expression): Value {
    if (operator === "&&") return Number(truth(this.evaluate(left)) && truth(this.evaluate(right)));
    if (operator === "||") return Number(truth(this.evaluate(left)) || truth(this.evaluate(right)));
    const one = this.evaluate(left);
    if (operator === "~" || operator === "!~") {
      const pattern = right.kind === "regexp" ? right.text : textOf(this.evaluate(right));
      return Number(this.matches(textOf(one), pattern) === (operator === "~"));
    }
    const other = this.evaluate(right);
    if (operator === "concat") return (textOf(one) + textOf(other)).slice(0, MAX_TEXT);
    if (["<", "<=", "==", "!=", ">", ">="].includes(operator))
      return Number(compare(operator, one, other));
    return arithmetic(operator, numberOf(one), numberOf(other));
  }

  private format(args: readonly Expression[]): string {
    const [format = "", ...rest] = args.map((one) => textOf(this.evaluate(one)));
    return formatted(format, rest, false).slice(0, MAX_TEXT);
  }

  private call(name: string, args: readonly Expression[]): Value {
    const texts = args.map((one) =>
      one.kind === "regexp" ? one.text : textOf(this.evaluate(one)),
    );
    const [first = "", second = "", third] = texts;
    switch (name) {
      case "length":
        return args[0]?.kind === "variable" && this.arrays.has(args[0].name)
          ? this.array(args[0].name).size
          : (args.length === 0 ? (this.fields[0] ?? "") : first).length;
      case "substr": {
        const from = Math.round(Number(second)) - 1;
        const end = third === undefined ? first.length : from + Math.round(Number(third));
        return first.slice(Math.max(0, from), Math.max(0, end));
      }
      case "index":
        return first.indexOf(second) + 1;
      case "toupper":
        return first.toUpperCase();
      case "tolower":
        return first.toLowerCase();
      case "int":
        return Math.trunc(numberOf(first));
      case "sprintf":
        return this.format(args);
      case "split": {
        const parts = splitText(first, third ?? textOf(this.variables.get("FS") ?? " "));
        const [, target] = args;
        if (target?.kind !== "variable") return 0;
        const array = this.array(target.name);
        array.clear();
        parts.slice(0, MAX_VALUES).forEach((part, index) => array.set(String(index + 1), part));
        return parts.length;
      }
      case "sub":
      case "gsub": {
        const target: Expression = args[2] ?? { kind: "field", of: { kind: "number", value: 0 } };
        const regexp = regexpOf(first, "extended", name === "gsub" ? "g" : "");
        if (regexp === null) return 0;
        let count = 0;
        const changed = textOf(this.evaluate(target))
          .slice(0, 8192)
          .replace(regexp, (found) => {
            count++;
            return second.replace(/\\&|&/g, (mark) => (mark === "&" ? found : "&"));
          });
        if (count > 0) this.assign(target, changed);
        return count;
      }
      default:
        return "";
    }
  }
}
