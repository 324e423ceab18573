import type { Command } from "commander";
import { examples, JSON_OPTION, type Shell } from "../command.ts";
import { type JsonOption, printFound } from "../print.ts";
import { facts } from "../table.ts";

export function addVersion(program: Command, shell: Shell): void {
  const command = program
    .command("version")
    .summary("print the version")
    .description("Prints the version of decnet, of Node.js, and the platform.")
    .option(...JSON_OPTION)
    .action((options: JsonOption) => {
      const { version: decnet, terminal } = shell;
      const platform = `${process.platform}-${process.arch}`;
      const told = { decnet, node: process.versions.node, platform };
      printFound(shell, options, told, () => facts(Object.entries(told), terminal.style));
    });
  examples(command, [["decnet version --json", "the same, for a program"]]);
}
