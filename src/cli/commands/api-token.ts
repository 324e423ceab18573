import type { Command } from "commander";
import { SCOPES } from "../../domain/role.ts";
import { ApiAccessToken, CreateApiTokenAnswer } from "../../wire/api/operator.ts";
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
import { duration, oneOf } from "../setting-kinds.ts";
import { type Column, table } from "../table.ts";

const TTL = duration(60_000, 31_622_400_000);
const SCOPE = oneOf(SCOPES);

export function addApiToken(program: Command, shell: Shell): void {
  const apiToken = program
    .command("api-token")
    .summary("tokens for programs: create, list, revoke")
    .description(
      "API tokens let a program, or this command line elsewhere (--url), use the API as an operator,\n" +
        "within a scope and for a time.",
    );
  addCreate(apiToken, shell);
  addList(apiToken, shell);
  addRevoke(apiToken, shell);
}

function addCreate(apiToken: Command, shell: Shell): void {
  const command = apiToken
    .command("create <purpose>")
    .summary("make an API token")
    .description("Makes an API token, and prints it this once.")
    .requiredOption("--for <operator>", "Whose it is: it never may more than this operator.")
    .option("--scope <scope>", `What it may: ${SCOPES.join(", ")} (default: read).`)
    .option("--ttl <duration>", "How long it can be used (default: 90d; 1m to 366d).")
    .option(...JSON_OPTION)
    .action(async (purpose: string, options: CreateOptions) => {
      const body = {
        purpose,
        operator: options.for,
        scope: optionValue(SCOPE, "--scope", options.scope ?? "read"),
        ttlMs: optionValue(TTL, "--ttl", options.ttl ?? "90d"),
      };
      const api = masterOf({ ...options }, shell);
      const made = await api.call("POST", "/api-tokens", CreateApiTokenAnswer, body);
      const { terminal } = shell;
      if (options.json) {
        terminal.print(JSON.stringify(made, null, 2));
        return;
      }
      const { operator, scope } = made.token;
      terminal.note(
        terminal.noteStyle.dim(`API token of ${operator} to ${scope}, shown this once:`),
      );
      terminal.print(made.secret);
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [
    ["decnet api-token create prometheus --for anna > token", "to read, for 90 days"],
    ["decnet api-token create deploy --for anna --scope write --ttl 7d", "to run the fleet"],
  ]);
}

interface CreateOptions {
  readonly for: string;
  readonly scope?: string;
  readonly ttl?: string;
  readonly json?: boolean;
}

function stateOf(token: ApiAccessToken, nowMs: number): "usable" | "revoked" | "expired" {
  if (token.revokedMs !== null) return "revoked";
  return token.expiresMs <= nowMs ? "expired" : "usable";
}

function addList(apiToken: Command, shell: Shell): void {
  const command = apiToken
    .command("list")
    .summary("list API tokens")
    .description("Lists API tokens, without their secrets: those are shown once only.")
    .option(...JSON_OPTION)
    .action(async (options: { json?: boolean }) => {
      const api = masterOf(options, shell);
      const { items, nowMs } = await api.call("GET", "/api-tokens", listSchema(ApiAccessToken));
      const columns: Column<ApiAccessToken>[] = [
        { title: "ID", cell: ({ id }) => id },
        { title: "STATE", cell: (row) => stateOf(row, nowMs) },
        { title: "OPERATOR", cell: ({ operator }) => operator },
        { title: "SCOPE", cell: ({ scope }) => scope },
        { title: "PURPOSE", cell: ({ purpose }) => purpose },
        { title: "USED", cell: ({ lastUsedMs }) => age(lastUsedMs, nowMs) },
        {
          title: "ENDS",
          cell: (row) => (stateOf(row, nowMs) === "usable" ? ahead(row.expiresMs, nowMs) : null),
        },
      ];
      printListing(shell, options.json, items, () =>
        items.length === 0 ? ["No API tokens."] : table(columns, items, shell.terminal.style),
      );
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [["decnet api-token list", "whose they are, and when each was last used"]]);
}

function addRevoke(apiToken: Command, shell: Shell): void {
  const command = apiToken
    .command("revoke <id>")
    .summary("make an API token useless")
    .description("Revokes an API token; streams that it opened end at once.")
    .option(...JSON_OPTION)
    .action(async (id: string, options: { json?: boolean }) => {
      await masterOf(options, shell).tell("DELETE", `/api-tokens/${encodeURIComponent(id)}`);
      shell.terminal.print(options.json ? JSON.stringify({ revoked: id }) : `Revoked ${id}.`);
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [["decnet api-token revoke ID", "ID as decnet api-token list shows it"]]);
}
