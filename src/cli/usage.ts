import type { CommanderError } from "commander";
import { DecnetError } from "../domain/errors.ts";
import { printable } from "./terminal.ts";

/** A command line that commander refused, in our words. */
export function usageError(error: CommanderError, argv: readonly string[]): DecnetError {
  // What stands there may be the token itself, which must not be repeated.
  if (error.code === "commander.excessArguments" && argv.includes("enroll")) {
    const why =
      "the join token is no argument, since everybody on this machine can read those; give it on standard input, or in a file with --token-file";
    return new DecnetError("usage", why);
  }
  const message = error.message.replace(/^error: /, "").replace(/\n/g, " ");
  return new DecnetError("usage", printable(message));
}
