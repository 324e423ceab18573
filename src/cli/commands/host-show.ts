import type { Command } from "commander";
import { isRenewalOverdue } from "../../domain/renewal.ts";
import { shownState } from "../../domain/shard.ts";
import { ApiAlarm } from "../../wire/api/alarm.ts";
import { ApiShard } from "../../wire/api/decky.ts";
import { ApiHost, ApiHostProblem } from "../../wire/api/host.ts";
import { age, ahead } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printFound } from "../print.ts";
import { facts } from "../table.ts";
import { printable, type Style } from "../terminal.ts";
import { deckyTable } from "./decky.ts";
import { findHost } from "./find-host.ts";

export function addShow(hosts: Command, shell: Shell): void {
  const command = hosts
    .command("show <host>")
    .summary("show one host")
    .description(
      "Shows a host, its certificate, its alarms, its deckies, and what of its reports was not taken in.",
    )
    .action(async (name: string, options: JsonOption) => {
      const api = masterOf(options, shell);
      const host = await findHost(api, name);
      const ofHost = `?host=${host.uuid}`;
      const [shards, problems, alarms] = await Promise.all([
        api.call("GET", `/shards${ofHost}`, listSchema(ApiShard)),
        api.call("GET", `/problems${ofHost}`, listSchema(ApiHostProblem)),
        api.call("GET", `/alarms${ofHost}`, listSchema(ApiAlarm)),
      ]);
      const told = { host, shards: shards.items, problems: problems.items, alarms: alarms.items };
      printFound(shell, options, told, () => lines(told, shards.nowMs, shell.terminal.style));
    });
  asksMaster(command, [["decnet host show branch-7", "by name or by uuid"]]);
}

/** A host and all that belongs to it, as `--json` prints it. */
interface Told {
  readonly host: ApiHost;
  readonly shards: readonly ApiShard[];
  readonly problems: readonly ApiHostProblem[];
  readonly alarms: readonly ApiAlarm[];
}

function lines({ host, shards, problems, alarms }: Told, nowMs: number, style: Style): string[] {
  const rows = shards.map((shard) => ({ shard, host: "", shown: shownState(shard, host.state) }));
  const unseen = alarms.filter(({ acknowledgedMs }) => acknowledgedMs === null);
  return [
    ...hostFacts(host, nowMs, style),
    ...(rows.length === 0 ? [] : ["", ...deckyTable(rows, style)]),
    ...unseen.map((alarm) => `${style.red("!")} ${alarmLine(alarm, nowMs)}`),
    ...problems.map(
      ({ kind, decky, detail }) => `${style.red("!")} ${printable(`${kind} ${decky}: ${detail}`)}`,
    ),
  ];
}

function alarmLine({ id, kind, count, address, lastMs }: ApiAlarm, nowMs: number): string {
  const from = address === null ? "" : ` from ${address}`;
  const seen = count === 1 ? "once" : `${count} times`;
  return `alarm ${id}: ${kind}, seen ${seen}${from}, last ${age(lastMs, nowMs)}`;
}

function hostFacts(host: ApiHost, nowMs: number, style: Style): string[] {
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
