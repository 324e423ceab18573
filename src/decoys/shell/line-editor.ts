/** What a key did. */
export type Edit =
  | { readonly kind: "echo"; readonly text: string }
  | { readonly kind: "line"; readonly text: string; readonly echo: string }
  | { readonly kind: "interrupt" }
  | { readonly kind: "end" }
  | { readonly kind: "redraw" };

const MAX_LINE_BYTES = 8192;
const NOTHING: Edit = { kind: "echo", text: "" };

/** Reads keys into lines as readline does on a plain terminal: pure, one byte at a time. */
export class LineEditor {
  private readonly history: readonly string[];
  private readonly complete: (line: string) => string;
  private line = "";
  private cursor = 0;
  private escape = "";
  /** Place in the history while it is paged through, else null. */
  private page: number | null = null;
  private lastWasReturn = false;
  /** Whether what is typed shows. */
  echo = true;

  /** @param complete What Tab adds to the line so far. */
  constructor(history: readonly string[], complete: (line: string) => string = () => "") {
    this.history = history;
    this.complete = complete;
  }

  /** What was typed and not yet sent. */
  get draft(): string {
    return this.line;
  }

  key(char: string): Edit {
    const afterReturn = this.lastWasReturn;
    this.lastWasReturn = char === "\r";
    // CR NUL and CR LF are one key (RFC 854).
    if (afterReturn && (char === "\n" || char === "\0")) return NOTHING;
    if (this.escape !== "") return this.escaped(char);
    switch (char) {
      case "\r":
      case "\n":
        return this.send();
      case "\x03":
        this.reset();
        return { kind: "interrupt" };
      case "\x04":
        return this.line === "" ? { kind: "end" } : this.erase(this.cursor, this.cursor + 1);
      case "\x7f":
      case "\b":
        return this.cursor === 0 ? NOTHING : this.erase(this.before(), this.cursor);
      case "\x15":
        return this.erase(0, this.cursor);
      case "\x0b":
        return this.erase(this.cursor, this.line.length);
      case "\x17":
        return this.erase(this.line.slice(0, this.cursor).search(/\S*\s*$/), this.cursor);
      case "\x01":
        return this.move(0);
      case "\x05":
        return this.move(this.line.length);
      case "\x0c":
        return { kind: "redraw" };
      case "\t":
        return this.insert(this.cursor === this.line.length ? this.complete(this.line) : "");
      case "\x1b":
        this.escape = char;
        return NOTHING;
      default:
        return char < " " ? NOTHING : this.insert(char);
    }
  }

  private send(): Edit {
    const text = this.line;
    this.reset();
    return { kind: "line", text, echo: "\n" };
  }

  private reset(): void {
    this.line = "";
    this.cursor = 0;
    this.page = null;
  }

  /** Start of the character before the cursor: UTF-8 takes several bytes for one. */
  private before(): number {
    let at = this.cursor - 1;
    while (at > 0 && (this.line.charCodeAt(at) & 0xc0) === 0x80) at--;
    return at;
  }

  private insert(text: string): Edit {
    if (this.line.length + text.length > MAX_LINE_BYTES) return this.show("\x07");
    const tail = this.line.slice(this.cursor);
    this.line = this.line.slice(0, this.cursor) + text + tail;
    this.cursor += text.length;
    return this.show(text + tail + "\b".repeat(tail.length));
  }

  private erase(from: number, to: number): Edit {
    const back = this.cursor - from;
    const removed = Math.min(to, this.line.length) - from;
    if (removed <= 0) return NOTHING;
    this.line = this.line.slice(0, from) + this.line.slice(from + removed);
    this.cursor = from;
    const tail = this.line.slice(from);
    return this.show(`${"\b".repeat(back)}${tail}\x1b[K${"\b".repeat(tail.length)}`);
  }

  private move(to: number): Edit {
    const steps = to - this.cursor;
    const shown = steps > 0 ? this.line.slice(this.cursor, to) : "\b".repeat(-steps);
    this.cursor = to;
    return this.show(shown);
  }

  private escaped(char: string): Edit {
    this.escape += char;
    if (/^(?:[[O]?|\[[\d;]*)$/.test(this.escape.slice(1)) && this.escape.length < 12)
      return NOTHING;
    const key = this.escape.slice(1).replace(/^O/, "[");
    this.escape = "";
    switch (key) {
      case "[A":
        return this.recall(-1);
      case "[B":
        return this.recall(1);
      case "[C":
        return this.cursor < this.line.length ? this.move(this.cursor + 1) : NOTHING;
      case "[D":
        return this.cursor > 0 ? this.move(this.before()) : NOTHING;
      case "[H":
      case "[1~":
        return this.move(0);
      case "[F":
      case "[4~":
        return this.move(this.line.length);
      case "[3~":
        return this.erase(this.cursor, this.cursor + 1);
      default:
        return NOTHING;
    }
  }

  private recall(step: 1 | -1): Edit {
    const page = (this.page ?? this.history.length) + step;
    if (page < 0 || page > this.history.length) return this.show("\x07");
    this.page = page;
    const back = "\b".repeat(this.cursor);
    this.line = this.history[page] ?? "";
    this.cursor = this.line.length;
    return this.show(`${back}${this.line}\x1b[K`);
  }

  private show(text: string): Edit {
    return this.echo ? { kind: "echo", text } : NOTHING;
  }
}
