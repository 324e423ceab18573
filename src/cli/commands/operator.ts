import type { Command } from "commander";
import { ResetPasswordAnswer } from "../../wire/api/operator.ts";
import { examples, JSON_OPTION, masterOf, type Shell, takesSettings } from "../command.ts";

export function addOperator(program: Command, shell: Shell): void {
  const operator = program
    .command("operator")
    .summary("operators of the dashboard: reset-password")
    .description("Operators log in to the dashboard. On the master's machine this needs no login.");
  const command = operator
    .command("reset-password [name]")
    .summary("give an operator a new password")
    .description(
      "Makes a new password for an operator (admin, if no name is given), prints it this once, and " +
        "ends the operator's sessions.",
    )
    .option(...JSON_OPTION)
    .action(async (given: string | undefined, options: { json?: boolean }) => {
      const name = given ?? "admin";
      const path = `/operators/${encodeURIComponent(name)}/password`;
      const made = await masterOf(options, shell).call("POST", path, ResetPasswordAnswer);
      const { terminal } = shell;
      if (options.json) terminal.print(JSON.stringify(made, null, 2));
      else {
        terminal.note(terminal.noteStyle.dim(`New password of ${made.user}, shown this once:`));
        terminal.print(terminal.style.bold(made.password));
      }
    });
  takesSettings(command, ["data"]);
  examples(command, [["decnet operator reset-password admin", "when the first password was lost"]]);
}
