import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printDone } from "../print.ts";
import { ask } from "../prompt.ts";
import { findHost } from "./find-host.ts";

/** What is done to a host only after its name was typed once more. */
interface Act {
  /** The command, and the route of the API. */
  readonly name: "release" | "decommission";
  readonly summary: string;
  readonly description: string;
  /** Told before the name is asked for. */
  readonly consequence: (host: string) => string;
  readonly done: "Released" | "Decommissioned";
}

export const RELEASE: Act = {
  name: "release",
  summary: "end a host's quarantine",
  description:
    "Ends the quarantine of a host. Whichever copy of it beats next goes on, so stop the other one\n" +
    "first; if both beat, it is quarantined again. If you cannot tell who holds the other copy,\n" +
    "decommission the host and enroll the machine anew. Asks for the host's name first; --confirm\n" +
    "NAME answers beforehand.",
  consequence: (host) =>
    `This lets whichever copy of ${host} beats next go on. Stop the other one first.`,
  done: "Released",
};

export const DECOMMISSION: Act = {
  name: "decommission",
  summary: "take a host out of service, for ever",
  description:
    "Takes a host out of service: its connections are cut, its deckies go, and its identity never " +
    "comes back. Asks for the host's name first; --confirm NAME answers beforehand.",
  consequence: (host) => `This takes ${host} out of service for ever; its deckies go.`,
  done: "Decommissioned",
};

export function addConfirmed(hosts: Command, shell: Shell, act: Act): void {
  const command = hosts
    .command(`${act.name} <host>`)
    .summary(act.summary)
    .description(act.description)
    .option("--confirm <name>", "The host's name, typed again.")
    .action(async (given: string, options: JsonOption & { confirm?: string }) => {
      const api = masterOf(options, shell);
      const { uuid, name } = await findHost(api, given);
      const typed = options.confirm ?? (await askName(shell, name, act.consequence(name)));
      if (typed !== name) {
        throw new DecnetError(
          "usage",
          `the host is called ${name}, not ${typed}; nothing was done`,
        );
      }
      await api.tell("POST", `/hosts/${uuid}/${act.name}`, { confirmName: typed });
      const facts = { [act.done.toLowerCase()]: uuid, name };
      printDone(shell, options, facts, `${act.done} ${name} (${uuid}).`);
    });
  asksMaster(command, [
    [`decnet host ${act.name} branch-7`, "asks for the name, then does it"],
    [`decnet host ${act.name} branch-7 --confirm branch-7`, "for a script"],
  ]);
}

/** @throws DecnetError usage, if nobody is there to be asked. */
async function askName(shell: Shell, name: string, consequence: string): Promise<string> {
  if (!shell.stdin.isTTY) {
    throw new DecnetError("usage", `not on a terminal: confirm with --confirm ${name}`);
  }
  shell.terminal.note(consequence);
  return await ask(shell, "Type the host's name to confirm: ");
}
