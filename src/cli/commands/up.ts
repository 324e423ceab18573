import type { Command } from "commander";
import { examples, type Shell, settingsOf, takesSettings } from "../command.ts";
import { UP_DEFAULTS, UP_SETTINGS } from "../up/up-settings.ts";

export function addUp(program: Command, shell: Shell): void {
  const command = program
    .command("up")
    .summary("master, agent and deckies on this machine: the first look")
    .description(
      "Starts a master and an agent on this machine, enrolls the agent, assigns five deckies if the " +
        "fleet has none, and shows what attackers do, until Ctrl-C. A second start keeps the data.",
    )
    .action(async (options: object) => {
      const { runUp } = await import("../up/up.ts");
      await runUp(settingsOf(UP_SETTINGS, options, shell.env, UP_DEFAULTS), shell);
    });
  takesSettings(command, UP_SETTINGS);
  examples(command, [
    ["decnet up", "everything at its default"],
    ["decnet up --data ./try --operator-port 9443", "elsewhere, for a second one beside it"],
    ["decnet up --agent-port 0 --enrollment-port 0 --operator-port 0", "any free ports"],
  ]);
}
