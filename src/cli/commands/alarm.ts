import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import { ApiAlarm } from "../../wire/api/alarm.ts";
import { ApiHost } from "../../wire/api/host.ts";
import { age } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printDone, printList } from "../print.ts";
import type { Column } from "../table.ts";

export function addAlarm(program: Command, shell: Shell): void {
  const alarm = program
    .command("alarm")
    .summary("alarms: list, acknowledge")
    .description(
      "Alarms are what a person should look at: certificates that nobody should have any more,\n" +
        "copies of one identity, renewals that do not come.",
    );
  addList(alarm, shell);
  addAcknowledge(alarm, shell);
}

function addList(alarm: Command, shell: Shell): void {
  const command = alarm
    .command("list")
    .summary("list alarms")
    .description("Lists alarms that nobody acknowledged yet.")
    .option("--all", "Acknowledged ones, too.")
    .option("--host <host>", "Of this host alone, by name or by uuid.")
    .action(async (options: JsonOption & { all?: boolean; host?: string }) => {
      const api = masterOf(options, shell);
      const ofHost = options.host === undefined ? "" : `?host=${encodeURIComponent(options.host)}`;
      const [alarms, hosts] = await Promise.all([
        api.call("GET", `/alarms${ofHost}`, listSchema(ApiAlarm)),
        api.call("GET", "/hosts?decommissioned=true", listSchema(ApiHost)),
      ]);
      const nameOf = new Map(hosts.items.map(({ uuid, name }) => [uuid, name]));
      const items = alarms.items.filter(
        ({ acknowledgedMs }) => options.all === true || acknowledgedMs === null,
      );
      const { nowMs } = alarms;
      const columns: Column<ApiAlarm>[] = [
        { title: "ID", cell: ({ id }) => id, align: "right" },
        {
          title: "ALARM",
          cell: ({ kind }) => kind,
          paint: (text, { acknowledgedMs }, style) =>
            acknowledgedMs === null ? style.red(text) : style.dim(text),
        },
        { title: "HOST", cell: ({ hostUuid }) => nameOf.get(hostUuid) ?? hostUuid },
        { title: "FROM", cell: ({ address }) => address },
        { title: "TIMES", cell: ({ count }) => count, align: "right" },
        { title: "FIRST", cell: ({ firstMs }) => age(firstMs, nowMs) },
        { title: "LAST", cell: ({ lastMs }) => age(lastMs, nowMs) },
        {
          title: "OF",
          // The beginning of a fingerprint tells it from others.
          cell: ({ detail }) => (/^[0-9a-f]{64}$/.test(detail) ? detail.slice(0, 16) : detail),
          paint: (text, _row, { dim }) => dim(text),
        },
      ];
      printList(shell, options, items, columns, "No alarms.");
    });
  asksMaster(command, [
    ["decnet alarm list", "what nobody has looked at yet"],
    ["decnet alarm list --all --host branch-7 --json", "all of one host, for a program"],
  ]);
}

function addAcknowledge(alarm: Command, shell: Shell): void {
  const command = alarm
    .command("acknowledge <id>")
    .summary("say that somebody looked at an alarm")
    .description("Acknowledges an alarm. It stays in the list of all, and goes on counting.")
    .action(async (id: string, options: JsonOption) => {
      if (!/^[1-9]\d{0,14}$/.test(id)) {
        throw new DecnetError("usage", `${JSON.stringify(id)} is no id of an alarm`);
      }
      await masterOf(options, shell).tell("POST", `/alarms/${id}/acknowledge`);
      printDone(shell, options, { acknowledged: Number(id) }, `Acknowledged ${id}.`);
    });
  asksMaster(command, [["decnet alarm acknowledge 3", "the id as decnet alarm list shows it"]]);
}
