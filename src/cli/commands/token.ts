import type { Command } from "commander";
import { ApiToken, CreateTokenAnswer } from "../../wire/api/token.ts";
import { age, ahead } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { HOST_NAME } from "../names.ts";
import { valueIfGiven } from "../option-value.ts";
import { type JsonOption, printList, printOnce } from "../print.ts";
import { duration } from "../setting-kinds.ts";
import type { Column } from "../table.ts";
import { addRevoke } from "./revoke.ts";

const TTL = duration(60_000, 604_800_000);

export function addToken(program: Command, shell: Shell): void {
  const token = program
    .command("token")
    .summary("join tokens: create, list, revoke")
    .description("Join tokens let a machine enroll: each enrolls one host, once, within minutes.");
  addCreate(token, shell);
  addList(token, shell);
  addRevoke(token, shell, {
    path: "/tokens",
    summary: "make a join token useless",
    description: "Revokes a join token that was not used yet. Hosts that enrolled stay.",
  });
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
    .action(async (options: JsonOption & { ttl?: string; name?: string }) => {
      const body = {
        ttlMs: valueIfGiven(TTL, "--ttl", options.ttl),
        hostName: valueIfGiven(HOST_NAME, "--name", options.name),
      };
      const made = await masterOf(options, shell).call("POST", "/tokens", CreateTokenAnswer, body);
      const life = ahead(made.token.expiresMs, made.token.createdMs).replace("in ", "");
      const note = `Run this on the machine that joins, within ${life}:`;
      printOnce(shell, options, made, note, shell.terminal.style.bold(made.command));
    });
  asksMaster(command, [
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
    .action(async (options: JsonOption) => {
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
      const none = "No join tokens. Make one: decnet token create";
      printList(shell, options, items, columns, none);
    });
  asksMaster(command, [["decnet token list", "which are still usable, and which host used one"]]);
}
