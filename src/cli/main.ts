#!/usr/bin/env node
import { CommanderError } from "commander";
import { createSystemClock } from "./clock.ts";
import type { Shell } from "./command.ts";
import { createEnding, Interrupted } from "./ending.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { asDecnetError, reportFailure } from "./failure.ts";
import { failed, tellParent } from "./parent.ts";
import { buildProgram } from "./program.ts";
import { createTerminal } from "./terminal.ts";
import { usageError } from "./usage.ts";
import { packageVersion } from "./version.ts";

const terminal = createTerminal(process.stdout, process.stderr, process.env);
const shell: Shell = {
  terminal,
  stdin: process.stdin,
  env: process.env,
  clock: createSystemClock(),
  version: packageVersion(),
  ending: createEnding(),
};

// A reader that has seen enough, such as head, is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT_CODES.ok.code);
  throw error;
});

process.exitCode = await run(process.argv);

async function run(argv: readonly string[]): Promise<number> {
  try {
    await buildProgram(shell).parseAsync([...argv]);
    return EXIT_CODES.ok.code;
  } catch (cause) {
    if (cause instanceof Interrupted) return EXIT_CODES.interrupted.code;
    // Help comes as an error: asked for, or shown in place of a command that was not given.
    if (cause instanceof CommanderError && cause.code.startsWith("commander.help")) {
      return cause.exitCode === 0 ? EXIT_CODES.ok.code : EXIT_CODES.usage.code;
    }
    const failure = cause instanceof CommanderError ? usageError(cause, argv) : cause;
    await tellParent(failed(asDecnetError(failure)));
    return reportFailure(failure, terminal, argv.includes("--json"));
  }
}
