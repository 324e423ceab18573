import type { Expression, Rule, Statement } from "./awk-syntax.ts";
import { type Token, tokenAt } from "./awk-tokens.ts";

const LEVELS: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["~", "!~"],
  ["<", "<=", "==", "!=", ">", ">="],
  ["concat"],
  ["+", "-"],
  ["*", "/", "%"],
];
const MAX_DEPTH = 60;
const MAX_TOKENS = 4000;

class Wrong extends Error {}

/** @returns The program's rules; null if it cannot be read. */
export function parseAwk(source: string): readonly Rule[] | null {
  try {
    return new Parser(source).program();
  } catch (error) {
    if (error instanceof Wrong) return null;
    throw error;
  }
}

class Parser {
  private readonly source: string;
  private at = 0;
  private token: Token = { kind: "end", text: "" };
  private depth = 0;
  private count = 0;
  /** Within the list of a print `>` is where the output goes. */
  private inPrint = false;

  constructor(source: string) {
    this.source = source;
    this.advance();
  }

  program(): Rule[] {
    const rules: Rule[] = [];
    this.skip(";", "\n");
    while (this.token.kind !== "end") {
      let pattern: Rule["pattern"] = null;
      if (this.token.text === "BEGIN" || this.token.text === "END") {
        pattern = this.token.text;
        this.advance();
      } else if (!this.is("{")) pattern = this.expression();
      const whole: Statement = { kind: "print", args: [] };
      rules.push({ pattern, body: this.is("{") ? this.block() : whole });
      this.skip(";", "\n");
    }
    return rules;
  }

  private advance(): void {
    if (++this.count > MAX_TOKENS) throw new Wrong();
    const found = tokenAt(this.source, this.at);
    if (found === null) throw new Wrong();
    this.token = found.token;
    this.at = found.end;
  }

  private is(...texts: string[]): boolean {
    return (
      (this.token.kind === "mark" || this.token.kind === "name") && texts.includes(this.token.text)
    );
  }

  private expect(text: string): void {
    if (!this.is(text)) throw new Wrong();
    this.advance();
  }

  private skip(...texts: string[]): void {
    while (this.is(...texts)) this.advance();
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new Wrong();
    const value = read();
    this.depth--;
    return value;
  }

  private block(): Statement {
    this.expect("{");
    const body: Statement[] = [];
    this.skip(";", "\n");
    while (!this.is("}")) {
      body.push(this.statement());
      this.skip(";", "\n");
    }
    this.expect("}");
    return { kind: "block", body };
  }

  private statement(): Statement {
    return this.nested(() => {
      if (this.is("{")) return this.block();
      const word = this.token.kind === "name" ? this.token.text : "";
      switch (word) {
        case "print":
        case "printf":
          return this.print(word);
        case "next":
        case "exit":
        case "break":
        case "continue":
          this.advance();
          if (word === "exit" && !this.is(";", "\n", "}")) this.expression();
          return { kind: word };
        case "if":
          return this.condition();
        case "while": {
          this.advance();
          this.expect("(");
          const test = this.expression();
          this.expect(")");
          return { kind: "while", test, body: this.body(), step: null };
        }
        case "for":
          return this.loop();
        default:
          return { kind: "expression", value: this.expression() };
      }
    });
  }

  private body(): Statement {
    this.skip("\n");
    return this.is(";") ? { kind: "block", body: [] } : this.statement();
  }

  private print(kind: "print" | "printf"): Statement {
    this.advance();
    this.inPrint = true;
    const args = this.is(";", "\n", "}", ">", "|") || this.token.kind === "end" ? [] : this.list();
    this.inPrint = false;
    if (this.is(">", "|")) {
      this.skip(">", "|");
      this.expression();
    }
    return { kind, args };
  }

  private condition(): Statement {
    this.advance();
    this.expect("(");
    const test = this.expression();
    this.expect(")");
    const yes = this.body();
    const [at, token] = [this.at, this.token];
    this.skip(";", "\n");
    if (this.is("else")) {
      this.advance();
      return { kind: "if", test, yes, no: this.body() };
    }
    [this.at, this.token] = [at, token];
    return { kind: "if", test, yes, no: null };
  }

  private loop(): Statement {
    this.advance();
    this.expect("(");
    const each = /^\s*in\s+(\w+)\s*\)/.exec(this.source.slice(this.at));
    if (this.token.kind === "name" && each !== null) {
      const { text: name } = this.token;
      this.at += each[0].length;
      this.advance();
      return { kind: "each", name, array: each[1] ?? "", body: this.body() };
    }
    const none: Statement = { kind: "block", body: [] };
    const first = this.is(";") ? none : this.statement();
    this.expect(";");
    const test: Expression = this.is(";") ? { kind: "number", value: 1 } : this.expression();
    this.expect(";");
    const step = this.is(")") ? none : this.statement();
    this.expect(")");
    return { kind: "block", body: [first, { kind: "while", test, body: this.body(), step }] };
  }

  private list(): Expression[] {
    const items = [this.expression()];
    while (this.is(",")) {
      this.advance();
      items.push(this.expression());
    }
    return items;
  }

  private expression(): Expression {
    return this.nested(() => {
      const test = this.binary(0);
      if (this.is("?")) {
        this.advance();
        const yes = this.expression();
        this.expect(":");
        return { kind: "choice", test, yes, no: this.expression() };
      }
      if (!this.is("=", "+=", "-=", "*=", "/=", "%=")) return test;
      const operator = this.token.text;
      this.advance();
      return { kind: "assign", operator, to: test, value: this.expression() };
    });
  }

  private binary(level: number): Expression {
    const operators = LEVELS[level];
    if (operators === undefined) return this.unary();
    let left = this.binary(level + 1);
    for (;;) {
      if (operators[0] === "concat") {
        if (!this.startsOperand()) return left;
        left = { kind: "binary", operator: "concat", left, right: this.binary(level + 1) };
        continue;
      }
      if (!this.is(...operators) || (this.inPrint && this.is(">"))) return left;
      const operator = this.token.text;
      this.advance();
      left = { kind: "binary", operator, left, right: this.binary(level + 1) };
    }
  }

  /** Whether what comes can be put beside what was: two values in a row are one text. */
  private startsOperand(): boolean {
    const { kind, text } = this.token;
    if (kind === "name") return !["in", "else"].includes(text);
    return (
      kind === "number" || kind === "string" || (kind === "mark" && ["$", "(", "!"].includes(text))
    );
  }

  private unary(): Expression {
    if (this.is("!", "-", "+")) {
      const operator = this.token.text;
      this.advance();
      return { kind: "unary", operator, of: this.nested(() => this.unary()) };
    }
    if (this.is("++", "--")) {
      const operator = this.token.text;
      this.advance();
      return { kind: "step", operator, after: false, of: this.primary() };
    }
    const value = this.primary();
    if (!this.is("++", "--")) return value;
    const operator = this.token.text;
    this.advance();
    return { kind: "step", operator, after: true, of: value };
  }

  private primary(): Expression {
    const { kind, text } = this.token;
    if (kind === "mark" && text === "/") return this.regexp();
    this.advance();
    if (kind === "number") return { kind: "number", value: Number(text) };
    if (kind === "string") return { kind: "string", text: text.slice(1, -1) };
    if (kind === "name") return this.named(text);
    if (text === "$") return { kind: "field", of: this.nested(() => this.primary()) };
    if (text === "(") {
      const { inPrint } = this;
      this.inPrint = false;
      const value = this.expression();
      this.inPrint = inPrint;
      this.expect(")");
      return value;
    }
    throw new Wrong();
  }

  private named(name: string): Expression {
    if (this.is("[")) {
      this.advance();
      const of = this.list();
      this.expect("]");
      return { kind: "element", name, of };
    }
    if (this.is("(")) {
      this.advance();
      const args = this.is(")") ? [] : this.list();
      this.expect(")");
      return { kind: "call", name, args };
    }
    return name === "length" ? { kind: "call", name, args: [] } : { kind: "variable", name };
  }

  /** At its first slash, which was read as a division. */
  private regexp(): Expression {
    const match = /^((?:[^/\\\n]|\\.)*)\//.exec(this.source.slice(this.at));
    if (match === null) throw new Wrong();
    this.at += match[0].length;
    this.advance();
    return { kind: "regexp", text: match[1] ?? "" };
  }
}
