import type { Command } from "commander";
import { SCOPES } from "../../domain/role.ts";
import { ApiAccessToken, CreateApiTokenAnswer } from "../../wire/api/operator.ts";
import { age, ahead } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { optionValue } from "../option-value.ts";
import { type JsonOption, printList, printOnce } from "../print.ts";
import { duration, oneOf } from "../setting-kinds.ts";
import type { Column } from "../table.ts";
import { addRevoke } from "./revoke.ts";

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
  addRevoke(apiToken, shell, {
    path: "/api-tokens",
    summary: "make an API token useless",
    description: "Revokes an API token; streams that it opened end at once.",
  });
}

function addCreate(apiToken: Command, shell: Shell): void {
  const command = apiToken
    .command("create <purpose>")
    .summary("make an API token")
    .description("Makes an API token, and prints it this once.")
    .requiredOption("--for <operator>", "Whose it is: it never may more than this operator.")
    .option("--scope <scope>", `What it may: ${SCOPES.join(", ")} (default: read).`)
    .option("--ttl <duration>", "How long it can be used (default: 90d; 1m to 366d).")
    .action(async (purpose: string, options: CreateOptions) => {
      const body = {
        purpose,
        operator: options.for,
        scope: optionValue(SCOPE, "--scope", options.scope ?? "read"),
        ttlMs: optionValue(TTL, "--ttl", options.ttl ?? "90d"),
      };
      const api = masterOf(options, shell);
      const made = await api.call("POST", "/api-tokens", CreateApiTokenAnswer, body);
      const { operator, scope } = made.token;
      const note = `API token of ${operator} to ${scope}, shown this once:`;
      printOnce(shell, options, made, note, made.secret);
    });
  asksMaster(command, [
    ["decnet api-token create prometheus --for anna > token", "to read, for 90 days"],
    ["decnet api-token create deploy --for anna --scope write --ttl 7d", "to run the fleet"],
  ]);
}

interface CreateOptions extends JsonOption {
  readonly for: string;
  readonly scope?: string;
  readonly ttl?: string;
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
    .action(async (options: JsonOption) => {
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
      printList(shell, options, items, columns, "No API tokens.");
    });
  asksMaster(command, [["decnet api-token list", "whose they are, and when each was last used"]]);
}
