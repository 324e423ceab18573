import type { Command } from "commander";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printDone } from "../print.ts";

/** Adds `revoke` to a group of tokens: of machines that join, or of programs. */
export function addRevoke(
  tokens: Command,
  shell: Shell,
  of: {
    /** Of the list of these tokens, in the API. */
    readonly path: "/tokens" | "/api-tokens";
    readonly summary: string;
    readonly description: string;
  },
): void {
  const command = tokens
    .command("revoke <id>")
    .summary(of.summary)
    .description(of.description)
    .action(async (id: string, options: JsonOption) => {
      await masterOf(options, shell).tell("DELETE", `${of.path}/${encodeURIComponent(id)}`);
      printDone(shell, options, { revoked: id }, `Revoked ${id}.`);
    });
  const group = `decnet ${tokens.name()}`;
  asksMaster(command, [[`${group} revoke ID`, `ID as ${group} list shows it`]]);
}
