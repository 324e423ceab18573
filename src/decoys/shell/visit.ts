import { completion } from "./completion.ts";
import { takeFinished } from "./jobs.ts";
import { LineEditor } from "./line-editor.ts";
import { isIncomplete } from "./parse.ts";
import type { TerminalSize } from "./recording.ts";
import { run } from "./run.ts";
import type { Deed, Running, Shell } from "./shell.ts";
import { textOfBytes } from "./tree.ts";

/** What a visit needs of the connection that carries it. */
export interface VisitEdge {
  readonly shell: Shell;
  /** Bytes for the client, as Latin-1. */
  write(fd: 1 | 2, text: string): void;
  /** Bytes that the client sent, as Latin-1. */
  typed(text: string): void;
  resized(size: TerminalSize): void;
  after(ms: number, callback: () => void): () => void;
  /** A command was run; `rc` is null if the visitor left before it ended. */
  ran(input: string, rc: number | null): void;
  did(deed: OtherDeed): void;
  /** The shell was left, or the client has gone (`rc` is null); told once, and last. */
  left(rc: number | null): void;
}

/** What is no command. */
export type OtherDeed = Exclude<Deed, { readonly kind: "line" }>;

const MAX_AHEAD_BYTES = 64 * 1024;
/** What waits to be read, and what is read of one client in all, where there is no terminal. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** Carries one visitor's shell: turns keys into lines, runs them, and plays their output in time. */
export class Visit {
  private readonly edge: VisitEdge;
  private readonly editor: LineEditor;
  private readonly interactive: boolean;
  private running: Running | null = null;
  /** The line that runs, as typed. */
  private line = "";
  /** Lines of a command that is not yet whole. */
  private open = "";
  private wantsInput = false;
  private wantsKey = false;
  /** Whether the line that runs is the client's own. */
  private tellsLine = true;
  /** Whether the session ends with that line. */
  private once = false;
  private ahead = "";
  private inputEnded = false;
  private takenBytes = 0;
  private callOff: (() => void) | null = null;
  private over = false;

  constructor(edge: VisitEdge) {
    this.edge = edge;
    this.interactive = edge.shell.seat.tty !== null;
    this.editor = new LineEditor(edge.shell.history, (line) => completion(edge.shell, line));
  }

  /** Begins an interactive shell. */
  greet(text: string): void {
    this.print(1, text);
    this.print(1, this.edge.shell.prompt());
  }

  /** Runs one command, then ends. */
  execute(command: string): void {
    const { shell } = this.edge;
    shell.script = { name: shell.scriptName.slice(1), isFile: false };
    this.once = true;
    this.start(command);
  }

  /** Runs what the client sends as its script, then ends. */
  serveScript(): void {
    this.tellsLine = false;
    this.once = true;
    this.start(this.edge.shell.scriptName.slice(1));
  }

  /** Bytes from the client, as Latin-1. */
  input(bytes: string): void {
    if (this.over) return;
    this.edge.typed(bytes);
    if (this.interactive && this.running !== null && !this.wantsInput) {
      const interrupt = bytes.lastIndexOf("\x03");
      if (interrupt >= 0) {
        this.interrupt();
        this.ahead = bytes.slice(interrupt + 1);
        this.pump();
        return;
      }
    }
    const room = this.interactive
      ? MAX_AHEAD_BYTES
      : Math.min(MAX_WAITING_BYTES, MAX_INPUT_BYTES - this.takenBytes);
    const taken = bytes.slice(0, Math.max(0, room - this.ahead.length));
    this.takenBytes += taken.length;
    this.ahead += taken;
    this.pump();
  }

  /** The client sends no more. */
  endInput(): void {
    this.inputEnded = true;
    if (this.interactive) this.stop(this.edge.shell.lastRc);
    else this.pump();
  }

  /** The terminal has another size. */
  resize(size: TerminalSize): void {
    if (this.over) return;
    this.edge.shell.size = size;
    this.edge.resized(size);
  }

  /** The connection is gone. */
  close(): void {
    this.stop(null);
  }

  private stop(rc: number | null): void {
    if (this.over) return;
    this.over = true;
    this.callOff?.();
    if (this.running !== null) {
      this.running.return(0);
      this.running = null;
      if (this.tellsLine) this.edge.ran(textOfBytes(this.line), null);
    }
    this.edge.left(rc);
  }

  private pump(): void {
    while (!this.over && (this.running === null || this.wantsInput || this.wantsKey)) {
      if (!this.interactive) {
        if (!this.wantsInput || (this.ahead === "" && !this.inputEnded)) return;
        const piece = this.ahead === "" ? null : this.ahead;
        this.ahead = "";
        this.resume(piece);
        continue;
      }
      if (this.ahead === "") return;
      const key = this.ahead.charAt(0);
      this.ahead = this.ahead.slice(1);
      if (this.wantsKey) {
        this.callOff?.();
        this.resume(key);
      } else this.press(key);
    }
  }

  private press(key: string): void {
    const edit = this.editor.key(key);
    switch (edit.kind) {
      case "echo":
        if (edit.text !== "") this.print(1, edit.text);
        return;
      case "line":
        if (this.editor.echo) this.print(1, edit.echo);
        if (this.wantsInput) this.resume(`${edit.text}\n`);
        else this.take(edit.text);
        return;
      case "end":
        if (this.wantsInput) this.resume(null);
        else this.take("exit");
        return;
      case "interrupt":
        this.interrupt();
        return;
      case "redraw":
        this.print(1, `\x1b[H\x1b[2J${this.edge.shell.prompt()}${this.editor.draft}`);
    }
  }

  private take(line: string): void {
    const whole = this.open === "" ? line : `${this.open}\n${line}`;
    if (line !== "exit" && isIncomplete(whole) && whole.length < MAX_AHEAD_BYTES) {
      this.open = whole;
      this.print(1, "> ");
      return;
    }
    this.open = "";
    this.edge.shell.remember(whole);
    if (whole.trim() === "") this.print(1, this.edge.shell.prompt());
    else this.start(whole);
  }

  private interrupt(): void {
    this.print(1, "^C\n");
    this.open = "";
    this.ahead = "";
    this.callOff?.();
    if (this.running !== null) {
      this.running.return(0);
      this.edge.shell.lastRc = 130;
      this.finish(130);
      return;
    }
    this.edge.shell.lastRc = 130;
    this.print(1, this.edge.shell.prompt());
  }

  private start(line: string): void {
    this.line = line;
    this.running = run(this.edge.shell, line);
    this.resume(null);
  }

  /** Runs on until the command wants something or has ended. */
  private resume(answer: string | null): void {
    if (this.running === null) return;
    this.wantsInput = false;
    this.wantsKey = false;
    this.editor.echo = true;
    const step = this.running.next(answer);
    this.flush();
    if (step.done === true) {
      this.finish(step.value);
      return;
    }
    if (step.value.kind !== "input") {
      // Where there is no terminal no key ever comes.
      this.wantsKey = step.value.kind === "key" && this.interactive;
      this.callOff = this.edge.after(step.value.ms, () => {
        this.callOff = null;
        this.resume(null);
        this.pump();
      });
      return;
    }
    this.wantsInput = true;
    this.editor.echo = step.value.echo;
  }

  private flush(): void {
    const { shell } = this.edge;
    for (const { fd, text } of shell.takeOutput()) this.print(fd, text);
    for (const deed of shell.takeDeeds()) {
      if (deed.kind === "line") this.edge.ran(deed.input, deed.rc);
      else this.edge.did(deed);
    }
  }

  private finish(rc: number): void {
    const { shell } = this.edge;
    this.running = null;
    this.wantsInput = false;
    this.wantsKey = false;
    this.flush();
    if (this.tellsLine) this.edge.ran(textOfBytes(this.line), rc);
    if (this.once || shell.ended) {
      this.stop(rc);
      return;
    }
    this.print(1, takeFinished(shell) + shell.prompt());
  }

  private print(fd: 1 | 2, text: string): void {
    this.edge.write(fd, this.interactive ? text.replaceAll("\n", "\r\n") : text);
  }
}
