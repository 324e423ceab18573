import { type Input, type Io, inputOf } from "./call.ts";
import { expandToText, expandWords } from "./expand.ts";
import { type Engine, invoke } from "./invoke.ts";
import { background } from "./jobs.ts";
import { parse } from "./parse.ts";
import { globPattern } from "./patterns.ts";
import { redirected } from "./redirect.ts";
import type { Running, Shell } from "./shell.ts";
import { inSubshell } from "./subshell.ts";
import type { Command, Simple } from "./syntax.ts";

const MAX_LOOPS = 1000;

/**
 * Runs a line that a visitor typed, or the command that a client sent.
 * Does no I/O: it yields when it wants time or input, and leaves its output in `shell.output`.
 *
 * @returns The exit status, also kept in `shell.lastRc`.
 */
export function* run(shell: Shell, source: string): Running {
  shell.renew();
  const io: Io = {
    stdin: keyboardOf(shell),
    keyboard: true,
    terminal: shell.seat.tty !== null,
    out: (text) => shell.emit(1, text),
    err: (text) => shell.emit(2, text),
  };
  const rc = yield* runText(shell, source, io);
  if (shell.leaving === "exit") shell.pop();
  shell.leaving = null;
  return rc;
}

/** The visitor's keyboard, or what a client pipes in. */
function keyboardOf(shell: Shell): Input {
  const typed = function* (echo = true): Running<string | null> {
    const held = shell.typed;
    shell.typed = "";
    return held === "" ? yield { kind: "input", echo } : held;
  };
  const unread = (text: string) => {
    shell.typed = text + shell.typed;
  };
  return Object.assign(typed, { unread });
}

const ENGINE: Engine = { evaluate, runText };

function* runText(shell: Shell, source: string, io: Io): Running {
  const parsed = parse(source);
  switch (parsed.kind) {
    case "incomplete":
    case "wrong": {
      const near =
        parsed.kind === "wrong"
          ? `syntax error near unexpected token \`${parsed.near}'`
          : "syntax error: unexpected end of file";
      io.err(
        shell.dialect === "bash"
          ? `${shell.selfName}: ${near}\n`
          : `${shell.selfName}: syntax error: unexpected ${parsed.kind === "wrong" ? `"${parsed.near}"` : "end of file"}\n`,
      );
      shell.lastRc = 2;
      return 2;
    }
    case "command":
    default:
      return yield* evaluate(shell, parsed.command, io);
  }
}

function* evaluate(shell: Shell, command: Command, io: Io): Running {
  if (!shell.spend()) {
    if (shell.leaving === null) io.err("Killed\n");
    shell.leaving = "spent";
    return 137;
  }
  shell.lastRc = yield* evaluateKind(shell, command, io);
  return shell.lastRc;
}

function* evaluateKind(shell: Shell, command: Command, io: Io): Running {
  switch (command.kind) {
    case "simple":
      return yield* simple(shell, command, io);
    case "sequence": {
      let rc = command.items.length === 0 ? 0 : shell.lastRc;
      for (const { joiner, command: item } of command.items) {
        if (shell.leaving !== null) break;
        if (joiner === "&&" && rc !== 0) continue;
        if (joiner === "||" && rc === 0) continue;
        rc = yield* evaluate(shell, item, io);
      }
      return rc;
    }
    case "pipeline": {
      const rc = yield* pipeline(shell, command.commands, io);
      return command.negated ? Number(rc === 0) : rc;
    }
    case "background": {
      background(shell, command.text, io, (inner) => evaluate(shell, command.body, inner));
      return 0;
    }
    case "group": {
      const { body, redirects } = command;
      const runBody = (inner: Io) =>
        command.subshell
          ? inSubshell(shell, inner, () => evaluate(shell, body, inner))
          : evaluate(shell, body, inner);
      return yield* redirected(shell, redirects, io, substituter(shell, io), runBody);
    }
    case "if": {
      for (const { test, body } of command.branches) {
        const passed = (yield* evaluate(shell, test, io)) === 0;
        if (shell.leaving !== null) return shell.lastRc;
        if (passed) return yield* evaluate(shell, body, io);
      }
      return command.otherwise === null ? 0 : yield* evaluate(shell, command.otherwise, io);
    }
    case "while": {
      let rc = 0;
      for (let count = 0; count < MAX_LOOPS; count++) {
        const passed = (yield* evaluate(shell, command.test, io)) === 0;
        if (shell.leaving !== null || passed === command.until) break;
        rc = yield* evaluate(shell, command.body, io);
        if (endsLoop(shell)) break;
      }
      return rc;
    }
    case "for": {
      const words =
        command.words === null
          ? shell.parameters
          : yield* expandWords(shell, command.words, substituter(shell, io));
      let rc = 0;
      for (const word of words.slice(0, MAX_LOOPS)) {
        shell.set(command.name, word);
        rc = yield* evaluate(shell, command.body, io);
        if (endsLoop(shell)) break;
      }
      return rc;
    }
    case "case": {
      const substitute = substituter(shell, io);
      const subject = yield* expandToText(shell, command.subject, substitute);
      for (const { patterns, body } of command.arms) {
        for (const pattern of patterns) {
          const matches = globPattern(yield* expandToText(shell, pattern, substitute));
          if (matches.test(subject)) return yield* evaluate(shell, body, io);
        }
      }
      return 0;
    }
    case "function":
    default:
      if (shell.functions.size < 100) shell.functions.set(command.name, command.body);
      return 0;
  }
}

/** Whether a loop ends here; takes back a `break` or `continue` that was meant for it. */
function endsLoop(shell: Shell): boolean {
  if (shell.leaving === "continue") shell.leaving = null;
  if (shell.leaving === "break") {
    shell.leaving = null;
    return true;
  }
  return shell.leaving !== null;
}

/** Runs the commands one after the other, each on what the one before wrote. */
function* pipeline(shell: Shell, commands: readonly Command[], io: Io): Running {
  let rc = 0;
  let input: Input = io.stdin;
  let keyboard = io.keyboard;
  const { companions } = shell;
  // All of a pipeline run at once, and ps shows them all.
  if (commands.length > 1) shell.companions = commands.map(titleOf);
  for (const [index, command] of commands.entries()) {
    const last = index === commands.length - 1;
    let written = "";
    const out = (text: string) => {
      if (written.length < 1024 * 1024) written += text;
    };
    const stage: Io = {
      stdin: input,
      keyboard,
      terminal: last && io.terminal,
      err: io.err,
      out: last ? io.out : out,
    };
    rc = yield* inSubshell(shell, stage, () => evaluate(shell, command, stage));
    if (shell.leaving !== null) return rc;
    input = inputOf(written);
    keyboard = false;
  }
  shell.companions = companions;
  return rc;
}

/** How ps would show a command, as far as it is known before it is expanded. */
function titleOf(command: Command): string {
  if (command.kind !== "simple") return "-bash";
  return command.words
    .map((word) => word.map((part) => (part.kind === "text" ? part.text : "")).join(""))
    .join(" ");
}

function substituter(shell: Shell, io: Io) {
  return function* (script: string): Running<string> {
    let written = "";
    const inner: Io = {
      ...io,
      terminal: false,
      out: (text) => {
        if (written.length < 256 * 1024) written += text;
      },
    };
    yield* inSubshell(shell, inner, () => runText(shell, script, inner));
    return written;
  };
}

function* simple(shell: Shell, command: Simple, io: Io): Running {
  if (shell.script !== null) shell.line = command.line;
  const substitute = substituter(shell, io);
  const argv = yield* expandWords(shell, command.words, substitute);
  const assignments: [string, string][] = [];
  for (const { name, value } of command.assignments) {
    assignments.push([name, yield* expandToText(shell, value, substitute)]);
  }
  return yield* redirected(shell, command.redirects, io, substitute, function* (inner) {
    if (argv.length === 0) {
      for (const [name, value] of assignments) shell.set(name, value);
      return command.words.length === 0 && assignments.length === 0 ? 0 : shell.lastRc;
    }
    if (assignments.length === 0) return yield* invoke(ENGINE, shell, argv, inner);
    const { variables, exported } = shell;
    shell.variables = new Map(variables);
    shell.exported = new Set(exported);
    for (const [name, value] of assignments) {
      shell.set(name, value);
      shell.exported.add(name);
    }
    const rc = yield* invoke(ENGINE, shell, argv, inner);
    shell.variables = variables;
    shell.exported = exported;
    return rc;
  });
}
