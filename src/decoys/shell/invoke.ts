import type { Call, Io, ScriptOptions } from "./call.ts";
import { PROGRAMS } from "./commands/programs.ts";
import { findProgram } from "./path.ts";
import type { Dialect, Running, Shell } from "./shell.ts";
import { inSubshell, MAX_DEPTH, tooDeep } from "./subshell.ts";
import type { Command } from "./syntax.ts";
import { isFault } from "./tree.ts";

/** What runs commands that have been read: the other half of this one. */
export interface Engine {
  evaluate(shell: Shell, command: Command, io: Io): Running;
  runText(shell: Shell, source: string, io: Io): Running;
}

/** Runs the function, builtin, program or script that the first word names (XCU 2.9.1). */
export function* invoke(engine: Engine, shell: Shell, argv: readonly string[], io: Io): Running {
  const [name = "", ...args] = argv;
  const body = shell.functions.get(name);
  if (body !== undefined) return yield* callFunction(engine, shell, body, args, io);
  const builtin = PROGRAMS.builtins.get(name);
  if (builtin !== undefined) return yield* start(engine, shell, builtin, name, args, io);
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
    return program === undefined ? 0 : yield* start(engine, shell, program, base, args, io);
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
  const dialect = dialectOf(shell, text);
  const options = { subshell: true, name, isFile: true, parameters: args, dialect };
  return yield* script(engine, shell, text, options, io);
}

/** Which shell a script's first line asks for. */
function dialectOf(shell: Shell, text: string): Dialect {
  const { flavor } = shell.machine;
  if (flavor === "busybox") return "ash";
  return flavor === "debian" && /^#!\s*\/(?:usr\/)?bin\/(?:env\s+)?(?:da)?sh\b/.test(text)
    ? "dash"
    : "bash";
}

function* callFunction(
  engine: Engine,
  shell: Shell,
  body: Command,
  args: readonly string[],
  io: Io,
): Running {
  if (shell.depth >= MAX_DEPTH) return tooDeep(shell, io);
  const { parameters } = shell;
  shell.parameters = args;
  shell.depth++;
  const rc = yield* engine.evaluate(shell, body, io);
  shell.depth--;
  shell.parameters = parameters;
  if (shell.leaving === "return") shell.leaving = null;
  return rc;
}

function* start(
  engine: Engine,
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
    invoke: (argv, changes = {}) => invoke(engine, shell, argv, { ...io, ...changes }),
    script: (text, options) => script(engine, shell, text, options, io),
  };
  const result = program(call);
  return typeof result === "number" ? result : yield* result;
}

function* script(
  engine: Engine,
  shell: Shell,
  text: string,
  options: ScriptOptions,
  io: Io,
): Running {
  const body = function* (): Running {
    if (options.name !== undefined) {
      shell.scriptName = options.name;
      shell.script = { name: options.name, isFile: options.isFile === true };
    }
    if (options.dialect !== undefined) shell.dialect = options.dialect;
    if (options.parameters !== undefined) shell.parameters = options.parameters;
    return yield* engine.runText(shell, text, io);
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
