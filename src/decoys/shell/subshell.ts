import type { Io } from "./call.ts";
import type { Running, Shell } from "./shell.ts";

/** Subshells, scripts and functions within each other. */
export const MAX_DEPTH = 12;

/** Words of a shell that can start no more. @returns The exit status. */
export function tooDeep(shell: Shell, io: Io): number {
  io.err(`${shell.selfName}: fork: retry: Resource temporarily unavailable\n`);
  shell.leaving = "spent";
  return 254;
}

/** Runs `body` so that its variables, directory and `exit` stay its own; files are shared. */
export function* inSubshell(shell: Shell, io: Io, body: () => Running): Running {
  if (shell.depth >= MAX_DEPTH) return tooDeep(shell, io);
  const { cwd, previousCwd, variables, exported, parameters, account } = shell;
  const { scriptName, script: running, line, dialect } = shell;
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
      script: running,
      line,
      dialect,
    });
    shell.become(account);
    if (shell.leaving === "exit" || shell.leaving === "return") shell.leaving = null;
  }
}
