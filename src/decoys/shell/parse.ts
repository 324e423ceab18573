import { assignmentOf, countingLoop, letCommand } from "./forms.ts";
import { SyntaxStop } from "./lex.ts";
import {
  bareText,
  type Command,
  type Redirect,
  type Sequence,
  type Token,
  type Word,
} from "./syntax.ts";
import { TokenReader } from "./token-reader.ts";

export type Parsed =
  | { readonly kind: "command"; readonly command: Command }
  /** A quote, here-document or compound command is still open. */
  | { readonly kind: "incomplete" }
  | { readonly kind: "wrong"; readonly near: string };

const MAX_DEPTH = 40;

/** Reads shell text (XCU 2.10). Never throws, whatever the text. */
export function parse(source: string): Parsed {
  try {
    return { kind: "command", command: new Parser(source).program() };
  } catch (error) {
    if (!(error instanceof SyntaxStop)) throw error;
    return error.near === null ? { kind: "incomplete" } : { kind: "wrong", near: error.near };
  }
}

/** Whether text is no whole command yet, and more lines may make it one. */
export function isIncomplete(source: string): boolean {
  return parse(source).kind === "incomplete";
}

class Parser extends TokenReader {
  private depth = 0;

  program(): Command {
    const body = this.sequence([]);
    if (this.token.kind !== "end") this.wrong();
    return body;
  }

  /** Commands up to one of the reserved words `stops`, a closing operator or the end. */
  private sequence(stops: readonly string[]): Sequence {
    if (++this.depth > MAX_DEPTH) this.wrong();
    const items: { joiner: ";" | "&&" | "||"; command: Command }[] = [];
    let joiner: ";" | "&&" | "||" = ";";
    for (;;) {
      if (joiner !== ";" || items.length === 0 || this.isOperator("\n")) this.skipNewlines();
      if (joiner === ";" && this.atStop(stops)) break;
      const { start } = this.token;
      let command = this.pipeline();
      if (this.isOperator("&")) {
        const text = this.lexer.slice(start, this.token.start).trim();
        command = { kind: "background", body: command, text };
      }
      items.push({ joiner, command });
      if (this.isOperator("&&", "||")) {
        joiner = this.isOperator("&&") ? "&&" : "||";
        this.advance();
      } else if (this.isOperator(";", "&", "\n")) {
        joiner = ";";
        this.advance();
      } else break;
    }
    this.depth--;
    return { kind: "sequence", items };
  }

  private atStop(stops: readonly string[]): boolean {
    if (this.token.kind === "end" || this.isOperator(")", ";;")) return true;
    const word = this.reserved();
    return word !== null && stops.includes(word);
  }

  private pipeline(): Command {
    let negated = false;
    while (this.reserved() === "!") {
      negated = !negated;
      this.advance();
    }
    const commands = [this.command()];
    while (this.isOperator("|")) {
      this.advance();
      this.skipNewlines();
      commands.push(this.command());
    }
    const only = commands[0];
    return commands.length === 1 && only && !negated
      ? only
      : { kind: "pipeline", commands, negated };
  }

  private command(): Command {
    const arithmetic = this.arithmetic();
    if (arithmetic !== null) return this.wrapped(arithmetic);
    if (this.isOperator("(")) return this.group("(", ")", true);
    switch (this.reserved() ?? "") {
      case "{":
        return this.group("{", "}", false);
      case "if":
        return this.wrapped(this.ifCommand());
      case "while":
      case "until":
        return this.wrapped(this.whileCommand());
      case "for":
        return this.wrapped(this.forCommand());
      case "case":
        return this.wrapped(this.caseCommand());
      case "function":
        return this.functionByWord();
      case "then":
      case "else":
      case "elif":
      case "fi":
      case "do":
      case "done":
      case "esac":
      case "}":
        return this.wrong();
      default:
        return this.simple();
    }
  }

  private redirects(): Redirect[] {
    const redirects: Redirect[] = [];
    while (this.token.kind === "redirect") {
      redirects.push(this.token.redirect);
      this.advance();
    }
    return redirects;
  }

  private wrapped(body: Command): Command {
    const redirects = this.redirects();
    return redirects.length === 0 ? body : { kind: "group", subshell: false, body, redirects };
  }

  private group(open: string, close: string, subshell: boolean): Command {
    this.expect(open);
    const body = this.sequence([close]);
    if (body.items.length === 0) this.wrong();
    this.expect(close);
    return { kind: "group", subshell, body, redirects: this.redirects() };
  }

  private ifCommand(): Command {
    const branches: { test: Command; body: Command }[] = [];
    let otherwise: Command | null = null;
    do {
      this.advance();
      const test = this.sequence(["then"]);
      this.expect("then");
      branches.push({ test, body: this.sequence(["elif", "else", "fi"]) });
    } while (this.reserved() === "elif");
    if (this.reserved() === "else") {
      this.advance();
      otherwise = this.sequence(["fi"]);
    }
    this.expect("fi");
    return { kind: "if", branches, otherwise };
  }

  private whileCommand(): Command {
    const until = this.reserved() === "until";
    this.advance();
    const test = this.sequence(["do"]);
    return { kind: "while", until, test, body: this.doGroup() };
  }

  private doGroup(): Command {
    this.expect("do");
    const body = this.sequence(["done"]);
    this.expect("done");
    return body;
  }

  private forCommand(): Command {
    this.advance();
    const counting = this.countingFor();
    if (counting !== null) return counting;
    const name = this.reserved();
    if (name === null) return this.wrong();
    this.advance();
    this.skipNewlines();
    let words: Word[] | null = null;
    if (this.reserved() === "in") {
      this.advance();
      words = this.wordsUntilBreak();
    }
    while (this.isOperator(";", "\n")) this.advance();
    return { kind: "for", name, words, body: this.doGroup() };
  }

  /** `((...))`, which is a command of its own: that of `let`. */
  private arithmetic(): Command | null {
    if (!this.isOperator("(")) return null;
    const line = this.lexer.lineAt(this.token.start);
    const expression = this.lexer.arithmeticFrom(this.token.start);
    if (expression === null) return null;
    this.advance();
    return letCommand(expression, line);
  }

  /** `for ((first; test; step))`, at its parenthesis. */
  private countingFor(): Command | null {
    if (!this.isOperator("(")) return null;
    const line = this.lexer.lineAt(this.token.start);
    const parts = this.lexer.arithmeticFrom(this.token.start)?.split(";") ?? [];
    if (parts.length !== 3) return this.wrong();
    this.advance();
    while (this.isOperator(";", "\n")) this.advance();
    return countingLoop(parts, this.doGroup(), line);
  }

  private functionByWord(): Command {
    this.advance();
    const name = this.reserved();
    if (name === null) return this.wrong();
    this.advance();
    if (this.isOperator("(")) return this.functionCommand(name);
    this.skipNewlines();
    return { kind: "function", name, body: this.command() };
  }

  private wordsUntilBreak(): Word[] {
    const words: Word[] = [];
    while (this.token.kind === "word") {
      words.push(this.token.word);
      this.advance();
    }
    return words;
  }

  private caseCommand(): Command {
    this.advance();
    if (this.token.kind !== "word") return this.wrong();
    const subject = this.token.word;
    this.advance();
    this.skipNewlines();
    this.expect("in");
    this.skipNewlines();
    const arms: { patterns: Word[]; body: Command }[] = [];
    while (this.reserved() !== "esac") {
      if (this.isOperator("(")) this.advance();
      const patterns: Word[] = [];
      do {
        if (patterns.length > 0) this.advance();
        if (this.token.kind !== "word") return this.wrong();
        patterns.push(this.token.word);
        this.advance();
      } while (this.isOperator("|"));
      this.expect(")");
      arms.push({ patterns, body: this.sequence(["esac"]) });
      if (this.isOperator(";;")) this.advance();
      this.skipNewlines();
    }
    this.expect("esac");
    return { kind: "case", subject, arms };
  }

  private simple(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirects: Redirect[] = [];
    const line = this.lexer.lineAt(this.token.start);
    for (;;) {
      const token: Token = this.token;
      if (token.kind === "redirect") {
        redirects.push(token.redirect);
        this.advance();
      } else if (token.kind === "word") {
        this.advance();
        const assignment = words.length === 0 ? assignmentOf(token.word) : null;
        if (assignment === null) words.push(token.word);
        else assignments.push(assignment);
      } else if (this.isOperator("(") && words.length === 1 && redirects.length === 0) {
        return this.functionCommand(bareText(words[0] ?? []));
      } else break;
    }
    if (assignments.length + words.length + redirects.length === 0) this.wrong();
    return { kind: "simple", line, assignments, words, redirects };
  }

  private functionCommand(name: string | null): Command {
    if (name === null) return this.wrong();
    this.expect("(");
    this.expect(")");
    this.skipNewlines();
    return { kind: "function", name, body: this.command() };
  }
}
