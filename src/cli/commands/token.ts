import type { Command } from "commander";
import { ApiToken, CreateTokenAnswer } from "../../wire/api/token.ts";
import { age, ahead } from "../age.ts";
import { listSchema } from "../api-client.ts";
import {
  examples,
  JSON_OPTION,
  masterOf,
  printListing,
  type Shell,
  takesSettings,
} from "../command.ts";
import { optionValue } from "../option-value.ts";
import { CLIENT_SETTINGS } from "../remote.ts";
import { duration } from "../setting-kinds.ts";
import { type Column, table } from "../table.ts";

const TTL = duration(60_000, 604_800_000);

export function addToken(program: Command, shell: Shell): void {
  const token = program
    .command("token")
    .summary("join tokens: create, list, revoke")
    .description("Join tokens let a machine enroll: each enrolls one host, once, within minutes.");
  addCreate(token, shell);
  addList(token, shell);
  addRevoke(token, shell);
}

function addCreate(token: Command, shell: Shell): void {
  const command = token
    .command("create")
    .summary("make a join token")
    .description(
      "Makes a join token and prints the command to run on the machine that joins. The token is " +
        "shown this once. It goes to the agent by standard input: arguments of a command can be " +
        "read by everybody on a machine.",
    )
    .option("--ttl <duration>", "How long it can be used (default: 15m; 1m to 7d).")
    .option("--name <host>", "Name that the host gets (default: what the machine calls itself).")
    .option(...JSON_OPTION)
    .action(async (options: { ttl?: string; name?: string; json?: boolean }) => {
      const ttlMs =
        options.ttl === undefined ? {} : { ttlMs: optionValue(TTL, "--ttl", options.ttl) };
      const hostName = options.name === undefined ? {} : { hostName: options.name };
      const body = { ...ttlMs, ...hostName };
      const made = await masterOf(options, shell).call("POST", "/tokens", CreateTokenAnswer, body);
      const { terminal } = shell;
      if (options.json) {
        terminal.print(JSON.stringify(made, null, 2));
        return;
      }
      const { bold, dim } = terminal.style;
      const life = ahead(made.token.expiresMs, made.token.createdMs).replace("in ", "");
      terminal.note(dim(`Run this on the machine that joins, within ${life}:`));
      terminal.print(bold(made.command));
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [
    ["decnet token create", "a token for one host, good for 15 minutes"],
    ["decnet token create --ttl 2h --name branch-7", "names the host beforehand"],
    ["decnet token create --json | jq -r .secret > join", "the token alone, into a file"],
  ]);
}

type State = "usable" | "used" | "revoked" | "expired";

function stateOf(token: ApiToken, nowMs: number): State {
  if (token.usedMs !== null) return "used";
  if (token.revokedMs !== null) return "revoked";
  return token.expiresMs <= nowMs ? "expired" : "usable";
}

function addList(token: Command, shell: Shell): void {
  const command = token
    .command("list")
    .summary("list join tokens")
    .description("Lists join tokens, without their secrets: those are shown once only.")
    .option(...JSON_OPTION)
    .action(async (options: { json?: boolean }) => {
      const api = masterOf(options, shell);
      const { items, nowMs } = await api.call("GET", "/tokens", listSchema(ApiToken));
      const columns: Column<ApiToken>[] = [
        { title: "ID", cell: ({ id }) => id },
        {
          title: "STATE",
          cell: (row) => stateOf(row, nowMs),
          paint: (text, row, style) =>
            stateOf(row, nowMs) === "usable" ? style.green(text) : style.dim(text),
        },
        { title: "FOR", cell: ({ hostName }) => hostName ?? "any" },
        { title: "MADE", cell: ({ createdMs }) => age(createdMs, nowMs) },
        { title: "BY", cell: ({ createdBy }) => createdBy },
        {
          title: "ENDS",
          cell: (row) => (stateOf(row, nowMs) === "usable" ? ahead(row.expiresMs, nowMs) : null),
        },
        { title: "HOST", cell: ({ usedByHostUuid }) => usedByHostUuid },
      ];
      printListing(shell, options.json, items, () =>
        items.length === 0
          ? ["No join tokens. Make one: decnet token create"]
          : table(columns, items, shell.terminal.style),
      );
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [["decnet token list", "which are still usable, and which host used one"]]);
}

function addRevoke(token: Command, shell: Shell): void {
  const command = token
    .command("revoke <id>")
    .summary("make a join token useless")
    .description("Revokes a join token that was not used yet. Hosts that enrolled stay.")
    .option(...JSON_OPTION)
    .action(async (id: string, options: { json?: boolean }) => {
      await masterOf(options, shell).tell("DELETE", `/tokens/${encodeURIComponent(id)}`);
      shell.terminal.print(options.json ? JSON.stringify({ revoked: id }) : `Revoked ${id}.`);
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [["decnet token revoke ID", "ID as decnet token list shows it"]]);
}
