import { type Call, type Input, type Io, inputOf, type ScriptOptions } from "./call.ts";
import { PROGRAMS } from "./commands/programs.ts";
import { expandToText, expandWords, globPattern } from "./expand.ts";
import { parse } from "./parse.ts";
import { findProgram } from "./path.ts";
import { redirected } from "./redirect.ts";
import type { Running, Shell } from "./shell.ts";
import type { Command, Simple } from "./syntax.ts";
import { isFault } from "./tree.ts";

/** Subshells, scripts and functions within each other. */
const MAX_DEPTH = 12;
const MAX_LOOPS = 1000;

/** Whether `source` is a whole command, needs more lines, or is wrong. */
export function isIncomplete(source: string): boolean {
  return parse(source).kind === "incomplete";
}

/**
 * Runs a line that a visitor typed, or the command that a client sent.
 * Does no I/O: it yields when it wants time or input, and leaves its output in `shell.output`.
 *
 * @returns The exit status, also kept in `shell.lastRc`.
 */
export function* run(shell: Shell, source: string): Running {
  shell.renew();
  const io: Io = {
    stdin: typed,
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
const typed: Input = function* (echo = true) {
  return yield { kind: "input", echo };
};

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
      const pid = shell.machine.nextPid(shell.nowMs());
      shell.jobs.push({ pid, text: "" });
      if (shell.jobs.length > 64) shell.jobs.shift();
      if (shell.seat.tty !== null && shell.depth === 0) io.err(`[${shell.jobs.length}] ${pid}\n`);
      yield* inSubshell(shell, io, () => evaluate(shell, command.body, io));
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
  return rc;
}

/** Runs `body` so that its variables, directory and `exit` stay its own; files are shared. */
function* inSubshell(shell: Shell, io: Io, body: () => Running): Running {
  if (shell.depth >= MAX_DEPTH) {
    io.err(`${shell.selfName}: fork: retry: Resource temporarily unavailable\n`);
    shell.leaving = "spent";
    return 254;
  }
  const { cwd, previousCwd, variables, exported, parameters, scriptName, dialect, account } = shell;
  shell.variables = new Map(variables);
  shell.exported = new Set(exported);
  shell.depth++;
  try {
    return yield* body();
  } finally {
    shell.depth--;
    Object.assign(shell, {
      cwd,
      previousCwd,
      variables,
      exported,
      parameters,
      scriptName,
      dialect,
    });
    shell.become(account);
    if (shell.leaving === "exit" || shell.leaving === "return") shell.leaving = null;
  }
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
    if (assignments.length === 0) return yield* invoke(shell, argv, inner);
    const { variables, exported } = shell;
    shell.variables = new Map(variables);
    shell.exported = new Set(exported);
    for (const [name, value] of assignments) {
      shell.set(name, value);
      shell.exported.add(name);
    }
    const rc = yield* invoke(shell, argv, inner);
    shell.variables = variables;
    shell.exported = exported;
    return rc;
  });
}

function* invoke(shell: Shell, argv: readonly string[], io: Io): Running {
  const [name = "", ...args] = argv;
  const body = shell.functions.get(name);
  if (body !== undefined) return yield* callFunction(shell, body, args, io);
  const builtin = PROGRAMS.builtins.get(name);
  if (builtin !== undefined) return yield* start(shell, builtin, name, args, io);
  const found = findProgram(shell, name);
  if (typeof found === "string") {
    io.err(found);
    return found.includes("not found") || found.endsWith("directory\n") ? 127 : 126;
  }
  const base = name.split("/").at(-1) ?? name;
  const { entry, path } = found;
  if (entry.kind === "file" && entry.program !== null) {
    const own = entry.program === "busybox" && base !== "busybox" ? base : entry.program;
    const program = PROGRAMS.external.get(own);
    return program === undefined ? 0 : yield* start(shell, program, base, args, io);
  }
  const text = shell.disk.read("/", path);
  if (isFault(text)) {
    io.err(`${shell.selfName}: ${name}: ${text.fault}\n`);
    return 126;
  }
  if (/^\x7fELF|\0/.test(text.slice(0, 256))) {
    io.err(
      shell.dialect === "bash"
        ? `${shell.selfName}: ${name}: cannot execute binary file: Exec format error\n`
        : `${shell.selfName}: ${name}: Exec format error\n`,
    );
    return 126;
  }
  const options = { subshell: true, name, parameters: args };
  return yield* script(shell, text, options, io);
}

function* callFunction(shell: Shell, body: Command, args: readonly string[], io: Io): Running {
  if (shell.depth >= MAX_DEPTH) {
    io.err(`${shell.selfName}: fork: retry: Resource temporarily unavailable\n`);
    shell.leaving = "spent";
    return 254;
  }
  const { parameters } = shell;
  shell.parameters = args;
  shell.depth++;
  const rc = yield* evaluate(shell, body, io);
  shell.depth--;
  shell.parameters = parameters;
  if (shell.leaving === "return") shell.leaving = null;
  return rc;
}

function* start(
  shell: Shell,
  program: (call: Call) => number | Running,
  name: string,
  args: readonly string[],
  io: Io,
): Running {
  if (!shell.spend()) {
    shell.leaving = "spent";
    return 137;
  }
  const call: Call = {
    ...io,
    name,
    args,
    shell,
    invoke: (argv, changes = {}) => invoke(shell, argv, { ...io, ...changes }),
    script: (text, options) => script(shell, text, options, io),
  };
  const result = program(call);
  return typeof result === "number" ? result : yield* result;
}

function* script(shell: Shell, text: string, options: ScriptOptions, io: Io): Running {
  const body = function* (): Running {
    if (options.name !== undefined) shell.scriptName = options.name;
    if (options.parameters !== undefined) shell.parameters = options.parameters;
    return yield* runText(shell, text.replace(/^#![^\n]*/, ""), io);
  };
  if (options.subshell) return yield* inSubshell(shell, io, body);
  if (shell.depth >= MAX_DEPTH) {
    shell.leaving = "spent";
    return 254;
  }
  shell.depth++;
  const rc = yield* body();
  shell.depth--;
  return rc;
}
