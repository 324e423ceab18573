import { Command } from "commander";
import { DecnetError } from "../domain/errors.ts";
import type { Shell } from "./command.ts";
import { addAgent } from "./commands/agent.ts";
import { addAlarm } from "./commands/alarm.ts";
import { addApiToken } from "./commands/api-token.ts";
import { addAudit } from "./commands/audit.ts";
import { addAuthority } from "./commands/authority.ts";
import { addDecky } from "./commands/decky.ts";
import { addEvents } from "./commands/events.ts";
import { addHost } from "./commands/host.ts";
import { addMaster } from "./commands/master.ts";
import { addOperator } from "./commands/operator.ts";
import { addStatus } from "./commands/status.ts";
import { addToken } from "./commands/token.ts";
import { addUp } from "./commands/up.ts";
import { addVersion } from "./commands/version.ts";

/** Every command of `decnet`. Failures are thrown, for main.ts to report. */
export function buildProgram(shell: Shell): Command {
  const program = new Command("decnet")
    .description(
      "DECNET runs deckies: decoy machines that look like real hosts. A master steers and watches " +
        "them; agents run them on many hosts. What attackers do there is seen live.",
    )
    .usage("COMMAND [options]")
    .helpCommand(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => shell.terminal.print(text.trimEnd()),
      writeErr: (text) => shell.terminal.note(text.trimEnd()),
      // A usage error is reported like every other, in main.ts.
      outputError: () => {},
    })
    .addHelpText("after", FIRST_STEPS);
  addUp(program, shell);
  addMaster(program, shell);
  addAgent(program, shell);
  addToken(program, shell);
  addHost(program, shell);
  addAlarm(program, shell);
  addDecky(program, shell);
  addEvents(program, shell);
  addStatus(program, shell);
  addOperator(program, shell);
  addApiToken(program, shell);
  addAudit(program, shell);
  addAuthority(program, shell);
  addVersion(program, shell);
  for (const group of program.commands) group.helpCommand(false);
  refuseFlagsAsValues(program);
  return program;
}

/**
 * What looks like a flag is no value: `--data --trust-clock` lacks a directory, rather than naming
 * one. A file of such a name is ./--name.
 */
function refuseFlagsAsValues(command: Command): void {
  for (const option of command.options.filter(({ required }) => required)) {
    option.argParser((value: string) => {
      if (!/^--?[a-z]/i.test(value)) return value;
      throw new DecnetError("usage", `${option.long} lacks its value: ${value} is another flag`);
    });
  }
  for (const below of command.commands) refuseFlagsAsValues(below);
}

const FIRST_STEPS = `
A first look, on this machine alone:
  decnet up                     master, agent and five deckies; Ctrl-C ends all

A fleet:
  decnet master                 on one machine
  decnet token create           there: prints the command for the next machine
  decnet agent run              on that machine, once it is enrolled
  decnet decky add --host HOST  gives it a decky
  decnet events tail            what attackers do

decnet COMMAND --help shows what a command takes, with examples.
Exit codes and settings: docs/operations.md.`;
