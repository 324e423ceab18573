import { CommanderError } from "commander";
import type { Shell } from "./command.ts";
import { Interrupted } from "./ending.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { asDecnetError, reportFailure } from "./failure.ts";
import { failed, tellParent } from "./parent.ts";
import { buildProgram } from "./program.ts";
import { usageError } from "./usage.ts";

/**
 * Runs one command line to its end.
 * @param args What comes after `decnet`.
 * @returns The exit code; never rejects.
 */
export async function run(args: readonly string[], shell: Shell): Promise<number> {
  try {
    await buildProgram(shell).parseAsync([...args], { from: "user" });
    return EXIT_CODES.ok.code;
  } catch (cause) {
    if (cause instanceof Interrupted) return EXIT_CODES.interrupted.code;
    // Help comes as an error: asked for, or shown in place of a command that was not given.
    if (cause instanceof CommanderError && cause.code.startsWith("commander.help")) {
      return cause.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
    }
    const failure = cause instanceof CommanderError ? usageError(cause, args) : cause;
    await tellParent(failed(asDecnetError(failure)));
    return reportFailure(failure, shell.terminal, args.includes("--json"));
  }
}
