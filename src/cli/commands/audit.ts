import type { Command } from "commander";
import { AUDIT_FAULTS, type AuditVerdict } from "../../domain/audit.ts";
import { DecnetError } from "../../domain/errors.ts";
import { ApiAuditEntry, ApiAuditVerdict } from "../../wire/api/audit.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell, settingsOf } from "../command.ts";
import { dataDirectory } from "../data-directory.ts";
import { optionValue } from "../option-value.ts";
import { type JsonOption, printList } from "../print.ts";
import { CLIENT_SETTINGS } from "../remote.ts";
import { count, type Kind } from "../setting-kinds.ts";
import type { Column } from "../table.ts";

const LIMIT = count(1000, 1);
/** An id of a row. */
const BEFORE: Kind<string> = {
  expected: "an id of a row, as decnet audit list shows it",
  parse: (raw) => (typeof raw === "string" && /^[1-9]\d{0,14}$/.test(raw) ? raw : null),
};
const HEAD: Kind<string> = {
  expected: "ID:HASH, as decnet audit verify prints it",
  parse: (raw) => (typeof raw === "string" && /^\d{1,15}:[0-9a-f]{64}$/.test(raw) ? raw : null),
};

export function addAudit(program: Command, shell: Shell): void {
  const audit = program
    .command("audit")
    .summary("who did what: list, verify")
    .description("The audit log keeps who did what, when, from where, and with what outcome.");
  addList(audit, shell);
  addVerify(audit, shell);
}

interface ListOptions extends JsonOption {
  readonly limit?: string;
  readonly before?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly target?: string;
  readonly outcome?: string;
}

function addList(audit: Command, shell: Shell): void {
  const command = audit
    .command("list")
    .summary("list rows, newest first")
    .description("Lists rows of the audit log, newest first.")
    .option("--limit <count>", "How many at most (default: 100; 1 to 1000).")
    .option("--before <id>", "Only rows before this one.")
    .option(
      "--actor <actor>",
      "Only what this operator did, or operator:NAME, host:UUID, local:UID.",
    )
    .option("--action <action>", "Only this action, or the part of it before a dot.")
    .option("--target <target>", "Only what was done to this uuid, name or id.")
    .option("--outcome <outcome>", "Only ok, this code of a refusal, or refused for any of them.")
    .action(async (options: ListOptions) => {
      const query = new URLSearchParams();
      const { limit, before } = options;
      if (limit !== undefined) query.set("limit", String(optionValue(LIMIT, "--limit", limit)));
      if (before !== undefined) query.set("before", optionValue(BEFORE, "--before", before));
      for (const name of ["actor", "action", "target", "outcome"] as const) {
        if (options[name] !== undefined) query.set(name, options[name]);
      }
      const api = masterOf(options, shell);
      const { items } = await api.call(
        "GET",
        `/audit?${query.toString()}`,
        listSchema(ApiAuditEntry),
      );
      const columns: Column<ApiAuditEntry>[] = [
        { title: "ID", cell: ({ id }) => id, align: "right" },
        { title: "WHEN", cell: ({ atMs }) => new Date(atMs).toISOString() },
        { title: "WHO", cell: ({ actor }) => actor },
        { title: "WHAT", cell: ({ action }) => action },
        { title: "TO", cell: ({ target }) => target },
        {
          title: "OUTCOME",
          cell: ({ outcome }) => outcome,
          paint: (text, row, style) => (row.outcome === "ok" ? text : style.yellow(text)),
        },
        { title: "FROM", cell: ({ address }) => address, optional: true },
      ];
      printList(shell, options, items, columns, "No such rows.");
    });
  asksMaster(command, [
    ["decnet audit list --actor anna", "what anna did, and her API tokens"],
    ["decnet audit list --outcome refused", "what was asked for and not done"],
    ["decnet audit list --action operator --json", "every change of operators, for programs"],
  ]);
}

function addVerify(audit: Command, shell: Shell): void {
  const command = audit
    .command("verify")
    .summary("find out whether a row was changed or taken out")
    .description(
      "Reads the whole log and recomputes its chain of hashes; names the first row that cannot be\n" +
        "believed. Works on a stopped master, too. Prints the head of a log that is whole: kept\n" +
        "elsewhere, it shows later whether the end was cut off.",
    )
    .option("--head <id:hash>", "A head that was kept elsewhere, and must still be in the log.")
    .action(async (options: JsonOption & { head?: string }) => {
      const head = options.head === undefined ? null : optionValue(HEAD, "--head", options.head);
      const verdict = await verify(options, head, shell);
      const { print, style } = shell.terminal;
      if (options.json) print(JSON.stringify(verdict, null, 2));
      if (verdict.kind === "broken") {
        const why = `row ${verdict.firstBadId}, ${verdict.fault}: ${AUDIT_FAULTS[verdict.fault]}`;
        throw new DecnetError("audit-broken", why);
      }
      if (options.json) return;
      print(style.green(`✓ ${verdict.head.id} rows, all as they were written`));
      print(`head: ${verdict.head.id}:${verdict.head.hash}`);
    });
  asksMaster(command, [
    ["decnet audit verify", "exit code 8 if the log is not as it was written"],
    ["decnet audit verify --head 812:5f1c…", "and still goes on from what was noted then"],
  ]);
}

/** By the master, while one runs; else by the file itself. */
async function verify(options: object, head: string | null, shell: Shell): Promise<AuditVerdict> {
  const query = head === null ? "" : `?head=${head}`;
  try {
    return await masterOf(options, shell).call("GET", `/audit/verify${query}`, ApiAuditVerdict);
  } catch (cause) {
    const { url, data } = settingsOf(CLIENT_SETTINGS, options, shell.env);
    const isStopped = cause instanceof DecnetError && cause.code === "master-unreachable";
    if (!isStopped || url !== "") throw cause;
    const { verifyAuditOf } = await import("../../master/audit-file.ts");
    const [id = "", hash = ""] = head?.split(":") ?? [];
    const known = head === null ? null : { id: Number(id), hash };
    const verdict = await verifyAuditOf(dataDirectory(data).master, known);
    if (verdict === null) throw cause;
    return verdict;
  }
}
