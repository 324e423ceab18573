import type { Command } from "commander";
import { DecnetError } from "../../domain/errors.ts";
import { isRenewalOverdue } from "../../domain/renewal.ts";
import { shownState } from "../../domain/shard.ts";
import { ApiAlarm } from "../../wire/api/alarm.ts";
import { ApiShard } from "../../wire/api/decky.ts";
import { ApiHost, ApiHostProblem } from "../../wire/api/host.ts";
import { age, ahead } from "../age.ts";
import { listSchema, type MasterApi } from "../api-client.ts";
import {
  examples,
  JSON_OPTION,
  masterOf,
  printListing,
  type Shell,
  takesSettings,
} from "../command.ts";
import { ask } from "../prompt.ts";
import { CLIENT_SETTINGS } from "../remote.ts";
import { paintState } from "../states.ts";
import { type Column, facts, table } from "../table.ts";
import { deckyTable } from "./decky.ts";

export function addHost(program: Command, shell: Shell): void {
  const host = program
    .command("host")
    .summary("hosts: list, show, release, decommission")
    .description("Hosts are the machines that run an agent, and on it their deckies.");
  addList(host, shell);
  addShow(host, shell);
  addRelease(host, shell);
  addDecommission(host, shell);
}

function addList(host: Command, shell: Shell): void {
  const command = host
    .command("list")
    .summary("list hosts")
    .description("Lists hosts with their state, and when each was last heard.")
    .option("--all", "Tombstones of decommissioned hosts, too.")
    .option(...JSON_OPTION)
    .action(async (options: { all?: boolean; json?: boolean }) => {
      const api = masterOf(options, shell);
      const hosts = options.all === true ? "/hosts?decommissioned=true" : "/hosts";
      const { items, nowMs } = await api.call("GET", hosts, listSchema(ApiHost));
      const shards = await api.call("GET", "/shards", listSchema(ApiShard));
      const running = (uuid: string) =>
        shards.items.filter((shard) => shard.hostUuid === uuid && shard.state === "running").length;
      const columns: Column<ApiHost>[] = [
        { title: "NAME", cell: ({ name }) => name, paint: (text, _row, { bold }) => bold(text) },
        { title: "STATE", cell: ({ state }) => state, paint: paintState },
        { title: "SEEN", cell: ({ lastSeenMs }) => age(lastSeenMs, nowMs) },
        {
          title: "RUNNING",
          cell: ({ uuid, state }) => (state === "silent" ? "unknown" : running(uuid)),
          align: "right",
        },
        { title: "ADDRESS", cell: ({ address }) => address },
        { title: "AGENT", cell: ({ agentVersion }) => agentVersion },
        { title: "UUID", cell: ({ uuid }) => uuid, paint: (text, _row, { dim }) => dim(text) },
      ];
      printListing(shell, options.json, items, () =>
        items.length === 0
          ? ["No hosts yet. Make a token for one: decnet token create"]
          : table(columns, items, shell.terminal.style),
      );
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [
    ["decnet host list", "all hosts that are in service"],
    ["decnet host list --all --json", "for a program, tombstones included"],
  ]);
}

function addShow(host: Command, shell: Shell): void {
  const command = host
    .command("show <host>")
    .summary("show one host")
    .description(
      "Shows a host, its certificate, its alarms, its deckies, and what of its reports was not taken in.",
    )
    .option(...JSON_OPTION)
    .action(async (name: string, options: { json?: boolean }) => {
      const api = masterOf(options, shell);
      const found = await findHost(api, name);
      const ofHost = `?host=${found.uuid}`;
      const [shards, problems, alarms] = await Promise.all([
        api.call("GET", `/shards${ofHost}`, listSchema(ApiShard)),
        api.call("GET", `/problems${ofHost}`, listSchema(ApiHostProblem)),
        api.call("GET", `/alarms${ofHost}`, listSchema(ApiAlarm)),
      ]);
      const own = shards.items;
      const wrong = problems.items;
      const { nowMs } = shards;
      const { terminal } = shell;
      if (options.json) {
        const told = { host: found, shards: own, problems: wrong, alarms: alarms.items };
        terminal.print(JSON.stringify(told, null, 2));
        return;
      }
      const { style } = terminal;
      for (const line of hostFacts(found, nowMs, style)) terminal.print(line);
      if (own.length > 0) terminal.print("");
      const rows = own.map((shard) => ({
        shard,
        host: "",
        shown: shownState(shard, found.state),
      }));
      if (rows.length > 0) for (const line of deckyTable(rows, style)) terminal.print(line);
      for (const { id, kind, count, address, lastMs, acknowledgedMs } of alarms.items) {
        if (acknowledgedMs !== null) continue;
        const from = address === null ? "" : ` from ${address}`;
        const seen = count === 1 ? "once" : `${count} times`;
        terminal.print(
          `${style.red("!")} alarm ${id}: ${kind}, seen ${seen}${from}, last ${age(lastMs, nowMs)}`,
        );
      }
      for (const { kind, decky, detail } of wrong) {
        terminal.print(`${style.red("!")} ${kind} ${decky}: ${detail}`);
      }
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [["decnet host show branch-7", "by name or by uuid"]]);
}

function hostFacts(host: ApiHost, nowMs: number, style: Shell["terminal"]["style"]): string[] {
  const skew = host.clockSkewMs === null ? null : `${host.clockSkewMs} ms against the master's`;
  return facts(
    [
      ["name", host.name],
      ["uuid", host.uuid],
      ["state", host.state],
      ["last seen", age(host.lastSeenMs, nowMs)],
      ...(host.silentSinceMs === null
        ? []
        : [["silent since", age(host.silentSinceMs, nowMs)] as const]),
      ...(host.quarantinedMs === null
        ? []
        : [
            ["quarantined", age(host.quarantinedMs, nowMs)] as const,
            ["because", host.quarantineReason] as const,
          ]),
      ["enrolled", age(host.enrolledMs, nowMs)],
      ["address", host.address],
      ["agent", host.agentVersion],
      ["clock", skew],
      ["generation", host.generation],
      ["certificate", `${host.fingerprint}, ends ${ahead(host.certificateNotAfterMs, nowMs)}`],
      ["renewal", renewalOf(host, nowMs)],
    ],
    style,
  );
}

function renewalOf(host: ApiHost, nowMs: number): string {
  const last = host.lastRenewalMs === null ? "never yet" : age(host.lastRenewalMs, nowMs);
  if (host.state === "decommissioned") return `last ${last}`;
  const { certificateSinceMs: sinceMs, certificateNotAfterMs: notAfterMs } = host;
  const due = isRenewalOverdue({ sinceMs, notAfterMs }, nowMs)
    ? "overdue"
    : host.renewDueMs <= nowMs
      ? "due now"
      : `due ${ahead(host.renewDueMs, nowMs)}`;
  return `${due}; last ${last}${host.nextFingerprint === null ? "" : "; the next certificate is issued"}`;
}

function addRelease(host: Command, shell: Shell): void {
  const command = host
    .command("release <host>")
    .summary("end a host's quarantine")
    .description(
      "Ends the quarantine of a host. Whichever copy of it beats next goes on, so stop the other one\n" +
        "first; if both beat, it is quarantined again. If you cannot tell who holds the other copy,\n" +
        "decommission the host and enroll the machine anew. Asks for the host's name first; --confirm\n" +
        "NAME answers beforehand.",
    )
    .option("--confirm <name>", "The host's name, typed again.")
    .option(...JSON_OPTION)
    .action(async (name: string, options: { confirm?: string; json?: boolean }) => {
      const api = masterOf(options, shell);
      const found = await findHost(api, name);
      const confirmName = await confirmedName(
        shell,
        found.name,
        options.confirm,
        `This lets whichever copy of ${found.name} beats next go on. Stop the other one first.`,
      );
      await api.tell("POST", `/hosts/${found.uuid}/release`, { confirmName });
      shell.terminal.print(
        options.json
          ? JSON.stringify({ released: found.uuid, name: found.name })
          : `Released ${found.name} (${found.uuid}).`,
      );
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [
    ["decnet host release branch-7", "asks for the name, then does it"],
    ["decnet host release branch-7 --confirm branch-7", "for a script"],
  ]);
}

function addDecommission(host: Command, shell: Shell): void {
  const command = host
    .command("decommission <host>")
    .summary("take a host out of service, for ever")
    .description(
      "Takes a host out of service: its connections are cut, its deckies go, and its identity never " +
        "comes back. Asks for the host's name first; --confirm NAME answers beforehand.",
    )
    .option("--confirm <name>", "The host's name, typed again.")
    .option(...JSON_OPTION)
    .action(async (name: string, options: { confirm?: string; json?: boolean }) => {
      const api = masterOf(options, shell);
      const found = await findHost(api, name);
      const confirmName = await confirmedName(
        shell,
        found.name,
        options.confirm,
        `This takes ${found.name} out of service for ever; its deckies go.`,
      );
      await api.tell("POST", `/hosts/${found.uuid}/decommission`, { confirmName });
      shell.terminal.print(
        options.json
          ? JSON.stringify({ decommissioned: found.uuid, name: found.name })
          : `Decommissioned ${found.name} (${found.uuid}).`,
      );
    });
  takesSettings(command, CLIENT_SETTINGS);
  examples(command, [
    ["decnet host decommission branch-7", "asks for the name, then does it"],
    ["decnet host decommission branch-7 --confirm branch-7", "for a script"],
  ]);
}

/** @throws DecnetError usage, if it is not the host's name or nobody is there to be asked. */
async function confirmedName(
  shell: Shell,
  name: string,
  given: string | undefined,
  consequence: string,
): Promise<string> {
  let typed = given;
  if (typed === undefined) {
    if (!shell.stdin.isTTY) {
      throw new DecnetError("usage", `not on a terminal: confirm with --confirm ${name}`);
    }
    shell.terminal.note(consequence);
    typed = await ask(shell, "Type the host's name to confirm: ");
  }
  if (typed === name) return typed;
  throw new DecnetError("usage", `the host is called ${name}, not ${typed}; nothing was done`);
}

function findHost(api: MasterApi, name: string): Promise<ApiHost> {
  return api.call("GET", `/hosts/${encodeURIComponent(name)}`, ApiHost);
}
