import { unescape } from "./escapes.ts";
import { Parts } from "./parts.ts";
import { type Part, type Redirect, type Token, text } from "./syntax.ts";

/** Ends the reading of a line early; never leaves this folder's parser. */
export class SyntaxStop extends Error {
  /** `incomplete`: more lines may mend it; else the token near which it went wrong. */
  readonly near: string | null;
  constructor(near: string | null) {
    super(near ?? "incomplete");
    this.near = near;
  }
}

const OPERATORS = ["&&", "||", ";;", ";", "&", "|", "(", ")", "\n"] as const;
const REDIRECT = /(\d*)(<<-|<<<|<<|<>|<&|<|>>|>&|>\||>|&>>|&>)/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const BLANK = /(?:[ \t\r]|\\\n)+/y;
const WORD_END = new Set([" ", "\t", "\r", "\n", ";", "&", "|", "(", ")", "<", ">", ""]);
const MAX_DEPTH = 24;

/** Cuts shell text into tokens (XCU 2.3), reading quotes and expansions into parts on the way. */
export class Lexer {
  private readonly source: string;
  private at = 0;
  private depth = 0;
  private counted = 0;
  private lines = 1;
  /** Here-documents announced on this line, whose bodies begin after its end. */
  private readonly heres: { delimiter: string; quoted: boolean; strip: boolean; body: Part[] }[] =
    [];

  constructor(source: string) {
    this.source = source;
  }

  next(): Token {
    this.match(BLANK);
    const start = this.at;
    if (this.peek() === "#") {
      const newline = this.source.indexOf("\n", this.at);
      this.at = newline < 0 ? this.source.length : newline;
    }
    if (this.at >= this.source.length) {
      if (this.heres.length > 0) throw new SyntaxStop(null);
      return { kind: "end", start };
    }
    const redirect = this.match(REDIRECT);
    if (redirect !== null) {
      return { kind: "redirect", redirect: this.redirect(redirect), start };
    }
    for (const operator of OPERATORS) {
      if (!this.source.startsWith(operator, this.at)) continue;
      this.at += operator.length;
      if (operator === "\n") this.readHeres();
      return { kind: "operator", text: operator, start };
    }
    const word = this.word((char) => WORD_END.has(char));
    return { kind: "word", word, start, end: this.at };
  }

  /** Source between two places, for messages and for what is kept unread. */
  slice(start: number, end: number): string {
    return this.source.slice(start, end);
  }

  /** Text of a `((...))` that begins at `start`, and moves past it; null if none does. */
  arithmeticFrom(start: number): string | null {
    if (!this.source.startsWith("((", start)) return null;
    let open = 0;
    for (let at = start; at < this.source.length; at++) {
      if (this.source[at] === "(") open++;
      else if (this.source[at] === ")" && --open === 0) {
        if (this.source[at - 1] !== ")") return null;
        this.at = at + 1;
        return this.source.slice(start + 2, at - 1);
      }
    }
    return null;
  }

  /** Number of the line at a place; places are asked for in their order. */
  lineAt(place: number): number {
    for (; this.counted < place; this.counted++) {
      if (this.source[this.counted] === "\n") this.lines++;
    }
    return this.lines;
  }

  private peek(offset = 0): string {
    return this.source.charAt(this.at + offset);
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  private redirect([, digits = "", operator = ""]: RegExpExecArray): Redirect {
    this.match(BLANK);
    const start = this.at;
    const target = this.word((char) => WORD_END.has(char));
    if (target.length === 0) {
      throw new SyntaxStop(start >= this.source.length ? "newline" : this.nearHere());
    }
    const input = operator.startsWith("<");
    const fd = digits === "" ? (input ? 0 : 1) : Math.min(Number(digits), 255);
    if (operator === "<<" || operator === "<<-") {
      const body: Part[] = [];
      const delimiter = target.map((part) => (part.kind === "text" ? part.text : "")).join("");
      const quoted = target.some((part) => part.kind === "text" && part.quoted);
      this.heres.push({ delimiter, quoted, strip: operator === "<<-", body });
      return { fd, operator: "<<<", target: body };
    }
    if (operator === "<<<") return { fd, operator, target: [...target, text("\n")] };
    if (operator === "&>" || operator === "&>>") {
      return { fd: -1, operator: operator === "&>" ? ">" : ">>", target };
    }
    if (operator === "<&" || operator === "<>") return { fd, operator: "<", target };
    if (operator === ">|") return { fd, operator: ">", target };
    return {
      fd,
      operator: operator === ">&" || operator === ">>" ? operator : input ? "<" : ">",
      target,
    };
  }

  private nearHere(): string {
    const char = this.peek();
    return char === "\n" || char === "" ? "newline" : char;
  }

  private readHeres(): void {
    for (const here of this.heres.splice(0)) {
      let body = "";
      for (;;) {
        if (this.at >= this.source.length) throw new SyntaxStop(null);
        const newline = this.source.indexOf("\n", this.at);
        const end = newline < 0 ? this.source.length : newline;
        let line = this.source.slice(this.at, end);
        this.at = Math.min(end + 1, this.source.length);
        if (here.strip) line = line.replace(/^\t+/, "");
        if (line === here.delimiter) break;
        body += `${line}\n`;
      }
      if (here.quoted) here.body.push(text(body));
      else here.body.push(...new Lexer(body).insideQuotes(() => false));
    }
  }

  /** Reads parts until `ends` says so of an unquoted character. */
  private word(ends: (char: string) => boolean): Part[] {
    const parts = new Parts(false);
    for (let char = this.peek(); char !== "" && !ends(char); char = this.peek()) {
      if (char === "\\") {
        if (this.at + 1 >= this.source.length) throw new SyntaxStop(null);
        if (this.peek(1) !== "\n") parts.push(text(this.peek(1)));
        this.at += 2;
      } else if (char === "'") {
        parts.push(text(this.until("'", 1)));
      } else if (char === '"') {
        this.at++;
        parts.push(text(""), ...this.insideQuotes((inner) => inner === '"'));
        if (this.peek() !== '"') throw new SyntaxStop(null);
        this.at++;
      } else if (char === "$" && this.peek(1) === "'") {
        this.at++;
        parts.push(text(this.ansiQuoted()));
      } else this.plainOrExpansion(parts, false);
    }
    return parts.all();
  }

  /** Parts between double quotes, or of a here-document: only `$`, backquote and `\` count. */
  private insideQuotes(ends: (char: string) => boolean): Part[] {
    const parts = new Parts(true);
    for (let char = this.peek(); char !== "" && !ends(char); char = this.peek()) {
      if (char === "\\" && '$`"\\\n'.includes(this.peek(1)) && this.peek(1) !== "") {
        if (this.peek(1) !== "\n") parts.plain += this.peek(1);
        this.at += 2;
      } else this.plainOrExpansion(parts, true);
    }
    return parts.all();
  }

  private plainOrExpansion(parts: Parts, quoted: boolean): void {
    const char = this.peek();
    const part = char === "$" || char === "`" ? this.expansion(quoted) : undefined;
    if (part === undefined) this.at++;
    if (part === undefined || part === null) parts.plain += char;
    else parts.push(part);
  }

  /** What a `$` or a backquote begins; null (one character read) if it stands for itself. */
  private expansion(quoted: boolean): Part | null {
    if (this.peek() === "`") {
      const script = this.until("`", 1, true).replace(/\\([`\\$])/g, "$1");
      return { kind: "substitution", script, quoted };
    }
    this.at++;
    if (this.source.startsWith("((", this.at)) {
      const end = this.source.indexOf("))", this.at);
      if (end < 0) throw new SyntaxStop(null);
      const inner = this.source.slice(this.at + 2, end);
      this.at = end + 2;
      return { kind: "arithmetic", text: inner, quoted };
    }
    if (this.peek() === "(") {
      const start = this.at + 1;
      this.skipParentheses();
      return { kind: "substitution", script: this.source.slice(start, this.at - 1), quoted };
    }
    if (this.peek() === "{") return this.braced(quoted);
    const name =
      this.match(NAME)?.[0] ?? (/^[0-9?$#@*!_-]$/.test(this.peek()) ? this.peek() : null);
    if (name === null) return null;
    if (!/^\w{2,}$|^[A-Za-z_]$/.test(name)) this.at++;
    return { kind: "variable", name, quoted, operator: "", argument: [] };
  }

  /** `${name operator word}` (XCU 2.6.2), at the brace. */
  private braced(quoted: boolean): Part {
    this.at++;
    let operator = "";
    if (this.peek() === "#" && this.peek(1) !== "}") {
      operator = "length";
      this.at++;
    }
    const name = this.match(/[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$#@*!-]/y)?.[0];
    if (name === undefined) throw new SyntaxStop(this.at >= this.source.length ? null : "${");
    operator ||= this.match(/:[-=+?]|##|%%|\/\/|\^\^|,,|[-=+?#%:/^,]/y)?.[0] ?? "";
    const argument = this.nested(() => this.word((char) => char === "}"));
    if (this.peek() !== "}") throw new SyntaxStop(null);
    this.at++;
    return { kind: "variable", name, quoted, operator, argument };
  }

  private nested<T>(read: () => T): T {
    if (++this.depth > MAX_DEPTH) throw new SyntaxStop("(");
    const value = read();
    this.depth--;
    return value;
  }

  /** Moves past `( ... )`, minding quotes and inner parentheses. */
  private skipParentheses(): void {
    let open = 0;
    for (; this.at < this.source.length; this.at++) {
      const char = this.peek();
      if (char === "\\") this.at++;
      else if (char === "'" || char === '"') {
        const quote = char;
        this.at++;
        while (this.at < this.source.length && this.peek() !== quote) {
          this.at += quote === '"' && this.peek() === "\\" ? 2 : 1;
        }
      } else if (char === "(") open++;
      else if (char === ")" && --open === 0) {
        this.at++;
        return;
      }
    }
    throw new SyntaxStop(null);
  }

  /** Text from `skip` characters on up to `mark`; moves past the mark. */
  private until(mark: string, skip: number, escapes = false): string {
    const start = this.at + skip;
    let end = start;
    while (end < this.source.length && this.source[end] !== mark) {
      end += escapes && this.source[end] === "\\" ? 2 : 1;
    }
    if (end >= this.source.length) throw new SyntaxStop(null);
    this.at = end + 1;
    return this.source.slice(start, end);
  }

  /** `$'...'` at its quote. */
  private ansiQuoted(): string {
    return unescape(this.until("'", 1, true), false);
  }
}
