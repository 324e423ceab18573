import type { Command } from "commander";
import { ROLES } from "../../domain/role.ts";
import { ApiOperator, OperatorPassword } from "../../wire/api/operator.ts";
import { age } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { OPERATOR_NAME } from "../names.ts";
import { optionValue } from "../option-value.ts";
import { type JsonOption, printDone, printList, printOnce } from "../print.ts";
import { oneOf } from "../setting-kinds.ts";
import type { Column } from "../table.ts";

const ROLE = oneOf(ROLES);
const pathOf = (name: string) => `/operators/${encodeURIComponent(name)}`;

export function addOperator(program: Command, shell: Shell): void {
  const operator = program
    .command("operator")
    .summary("who may log in: create, list, set-role, disable, delete, reset-password")
    .description(
      "Operators log in to the dashboard. An admin manages operators, an operator runs the fleet, a\n" +
        "viewer looks on. On the master's machine this command line needs no login.",
    );
  addCreate(operator, shell);
  addList(operator, shell);
  addSetRole(operator, shell);
  addResetPassword(operator, shell);
  const simple = [
    ["disable", "keep an operator from logging in", "POST", { disabled: true }],
    ["enable", "let an operator log in again", "POST", { disabled: false }],
    ["delete", "delete an operator", "DELETE", undefined],
  ] as const;
  for (const [name, summary, method, body] of simple) {
    addSimple(operator, shell, { name, summary, method, body });
  }
  addResetTotp(operator, shell);
}

function addCreate(operator: Command, shell: Shell): void {
  const command = operator
    .command("create <name>")
    .summary("make an operator")
    .description("Makes an operator, and prints the password this once.")
    .option("--role <role>", `What the operator may: ${ROLES.join(", ")} (default: operator).`)
    .action(async (given: string, options: JsonOption & { role?: string }) => {
      const name = optionValue(OPERATOR_NAME, "name", given);
      const role = optionValue(ROLE, "--role", options.role ?? "operator");
      const api = masterOf(options, shell);
      const made = await api.call("POST", "/operators", OperatorPassword, { name, role });
      printPassword(shell, options, `Password of ${made.user}, ${role}, shown this once:`, made);
    });
  asksMaster(command, [["decnet operator create anna --role viewer", "sees all, changes nothing"]]);
}

function addList(operator: Command, shell: Shell): void {
  const command = operator
    .command("list")
    .summary("list operators")
    .description("Lists operators, with their roles.")
    .action(async (options: JsonOption) => {
      const api = masterOf(options, shell);
      const { items, nowMs } = await api.call("GET", "/operators", listSchema(ApiOperator));
      const columns: Column<ApiOperator>[] = [
        { title: "NAME", cell: ({ name }) => name },
        { title: "ROLE", cell: ({ role }) => role },
        { title: "MADE", cell: ({ createdMs }) => age(createdMs, nowMs) },
        { title: "SECOND FACTOR", cell: ({ hasTotp }) => (hasTotp ? "yes" : "no") },
        {
          title: "DISABLED",
          cell: ({ disabledMs }) => (disabledMs === null ? null : age(disabledMs, nowMs)),
          optional: true,
        },
      ];
      printList(shell, options, items, columns, "No operators.");
    });
  asksMaster(command, [["decnet operator list", "who may log in, and who has a second factor"]]);
}

function addSetRole(operator: Command, shell: Shell): void {
  const command = operator
    .command("set-role <name> <role>")
    .summary("change what an operator may")
    .description("Changes an operator's role, and ends the operator's sessions.")
    .action(async (name: string, given: string, options: JsonOption) => {
      const role = optionValue(ROLE, "role", given);
      await masterOf(options, shell).tell("POST", pathOf(name), { role });
      printDone(shell, options, { name, role }, `${name} is ${role} now.`);
    });
  asksMaster(command, [
    ["decnet operator set-role anna operator", "may run the fleet from now on"],
  ]);
}

function addResetPassword(operator: Command, shell: Shell): void {
  const command = operator
    .command("reset-password [name]")
    .summary("give an operator a new password")
    .description(
      "Makes a new password for an operator (admin, if no name is given), prints it this once, and " +
        "ends the operator's sessions.",
    )
    .action(async (given: string | undefined, options: JsonOption) => {
      const path = `${pathOf(given ?? "admin")}/password`;
      const made = await masterOf(options, shell).call("POST", path, OperatorPassword);
      printPassword(shell, options, `New password of ${made.user}, shown this once:`, made);
    });
  asksMaster(command, [
    ["decnet operator reset-password admin", "when the first password was lost"],
  ]);
}

function addResetTotp(operator: Command, shell: Shell): void {
  const command = operator
    .command("reset-totp <name>")
    .summary("take away a second factor that was lost")
    .description("Takes an operator's second factor away: the password alone logs in again.")
    .action(async (name: string, options: JsonOption) => {
      await masterOf(options, shell).tell("DELETE", `${pathOf(name)}/totp`);
      printDone(shell, options, { name, hasTotp: false }, `${name} has no second factor now.`);
    });
  asksMaster(command, [["decnet operator reset-totp anna", "whose phone is gone"]]);
}

function addSimple(
  operator: Command,
  shell: Shell,
  of: {
    readonly name: string;
    readonly summary: string;
    readonly method: "POST" | "DELETE";
    readonly body: unknown;
  },
): void {
  const command = operator
    .command(`${of.name} <name>`)
    .summary(of.summary)
    .description(`To ${of.summary}. Sessions of that operator end at once.`)
    .action(async (name: string, options: JsonOption) => {
      await masterOf(options, shell).tell(of.method, pathOf(name), of.body);
      printDone(shell, options, { name, done: of.name }, `Done: ${of.name} ${name}.`);
    });
  asksMaster(command, [[`decnet operator ${of.name} anna`, of.summary]]);
}

function printPassword(
  shell: Shell,
  options: JsonOption,
  note: string,
  made: OperatorPassword,
): void {
  printOnce(shell, options, made, note, shell.terminal.style.bold(made.password));
}
