#!/usr/bin/env node
import { createSystemClock } from "./clock.ts";
import { createEnding } from "./ending.ts";
import { EXIT_CODES } from "./exit-codes.ts";
import { takeRoom } from "./room.ts";
import { run } from "./run.ts";
import { createTerminal } from "./terminal.ts";
import { packageVersion } from "./version.ts";

takeRoom(process.argv.slice(2));

// A reader that has seen enough, such as head, is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT_CODES.ok.code);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  terminal: createTerminal(process.stdout, process.stderr, process.env),
  stdin: process.stdin,
  env: process.env,
  clock: createSystemClock(),
  version: packageVersion(),
  ending: createEnding(),
});
