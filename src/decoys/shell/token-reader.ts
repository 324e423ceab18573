import { Lexer, SyntaxStop } from "./lex.ts";
import { bareText, type Token } from "./syntax.ts";

/** The tokens of a text one after the other, the next of them at hand. */
export class TokenReader {
  protected readonly lexer: Lexer;
  protected token: Token;

  constructor(source: string) {
    this.lexer = new Lexer(source);
    this.token = this.lexer.next();
  }

  protected advance(): Token {
    const token = this.token;
    this.token = this.lexer.next();
    return token;
  }

  protected wrong(): never {
    const token = this.token;
    if (token.kind === "end") throw new SyntaxStop(null);
    if (token.kind === "operator")
      throw new SyntaxStop(token.text === "\n" ? "newline" : token.text);
    if (token.kind === "redirect") throw new SyntaxStop(token.redirect.operator);
    throw new SyntaxStop(this.lexer.slice(token.start, token.end));
  }

  protected isOperator(...texts: string[]): boolean {
    return this.token.kind === "operator" && texts.includes(this.token.text);
  }

  protected reserved(): string | null {
    return this.token.kind === "word" ? bareText(this.token.word) : null;
  }

  protected expect(word: string): void {
    if (this.reserved() !== word && !this.isOperator(word)) this.wrong();
    this.advance();
  }

  protected skipNewlines(): void {
    while (this.isOperator("\n")) this.advance();
  }
}
