import type { Command } from "commander";
import { ApiStatus } from "../../wire/api/status.ts";
import { age, ahead } from "../age.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printFound } from "../print.ts";
import { facts } from "../table.ts";
import type { Style } from "../terminal.ts";

export function addStatus(program: Command, shell: Shell): void {
  const command = program
    .command("status")
    .summary("is all well?")
    .description("Shows the state of the master on this machine and of its fleet, in a few lines.")
    .action(async (options: JsonOption) => {
      const status = await masterOf(options, shell).call("GET", "/status", ApiStatus);
      printFound(shell, options, status, () => statusLines(status, shell.terminal.style));
    });
  asksMaster(command, [
    ["decnet status", "the fleet in a few lines"],
    ["decnet status --json | jq .hosts.silent", "how many hosts are silent"],
  ]);
}

export function statusLines(status: ApiStatus, style: Style): string[] {
  const { hosts, shards, agentPlane, enrollment } = status;
  const refusals = counts(status.refusals);
  return [
    verdict(status, style),
    "",
    ...facts(
      [
        ["version", status.version],
        ["up since", age(status.startedMs, status.nowMs)],
        ["hosts", counts(hosts) || "none yet: decnet token create"],
        ["deckies", counts(shards) || "none yet: decnet decky add"],
        ["events", status.events],
        ["problems", status.problems],
        ["alarms", status.alarms === 0 ? 0 : `${status.alarms}: decnet alarm list`],
        ...(status.firstExpiryMs === null
          ? []
          : [["first expiry", ahead(status.firstExpiryMs, status.nowMs)] as const]),
        ["refused", refusals || "nothing"],
        ["agents", `${agentPlane.host}:${agentPlane.port}`],
        ["enrollment", `${enrollment.host}:${enrollment.port}`],
        ["heartbeat", `every ${status.heartbeatIntervalMs / 1000} s`],
        ["authority", status.authorityFingerprint],
        ...(status.rotation === null
          ? []
          : [
              [
                "rotation",
                `${status.rotation.renewed} of ${status.rotation.hosts} hosts moved`,
              ] as const,
            ]),
      ],
      style,
    ),
  ];
}

/** The worst first, in one line. */
function verdict(status: ApiStatus, { green, red }: Style): string {
  const { hosts, shards, problems, alarms, renewalsOverdue } = status;
  const wrong = [
    alarms > 0 ? `${alarms} ${alarms === 1 ? "alarm" : "alarms"}` : null,
    renewalsOverdue > 0 ? `${renewalsOverdue} overdue to renew` : null,
    hosts.quarantined > 0 ? `${hosts.quarantined} quarantined` : null,
    hosts.silent > 0 ? `${hosts.silent} silent` : null,
    (shards["failed"] ?? 0) > 0 ? `${shards["failed"]} failed` : null,
    (shards["degraded"] ?? 0) > 0 ? `${shards["degraded"]} degraded` : null,
    problems > 0 ? `${problems} reported with problems` : null,
  ].filter((part) => part !== null);
  if (wrong.length > 0) return red(`! ${wrong.join(", ")}`);
  return hosts.active === 0 ? "No host is active yet." : green("✓ all is well");
}

function counts(of: Readonly<Record<string, number>>): string {
  const told = Object.entries(of).filter(([, count]) => count > 0);
  return told.map(([name, count]) => `${count} ${name}`).join(", ");
}
