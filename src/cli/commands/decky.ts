import type { Command } from "commander";
import { RELEASE_IDS } from "../../decoys/releases.ts";
import { RUNTIMES } from "../../domain/decky.ts";
import { ARCHETYPE_NAMES, SERVICE_NAMES } from "../../domain/service.ts";
import { type ShownShardState, shownState } from "../../domain/shard.ts";
import { ApiDecky, ApiShard } from "../../wire/api/decky.ts";
import { ApiHost } from "../../wire/api/host.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { DECKY_HOSTNAME, DECKY_NAME } from "../names.ts";
import { optionValue, valueIfGiven } from "../option-value.ts";
import { type JsonOption, printFound } from "../print.ts";
import { address, oneOf } from "../setting-kinds.ts";
import { paintState } from "../states.ts";
import { table } from "../table.ts";
import type { Style } from "../terminal.ts";

export function addDecky(program: Command, shell: Shell): void {
  const decky = program
    .command("decky")
    .summary("deckies: list, add, remove")
    .description("Deckies are the decoy machines. Each runs on one host.");
  addList(decky, shell);
  addAdd(decky, shell);
  addRemove(decky, shell);
}

export interface DeckyRow {
  readonly shard: ApiShard;
  /** Name of its host; empty where that goes without saying. */
  readonly host: string;
  readonly shown: ShownShardState;
}

export function deckyTable(rows: readonly DeckyRow[], style: Style): string[] {
  return table<DeckyRow>(
    [
      {
        title: "DECKY",
        cell: ({ shard }) => shard.name,
        paint: (text, _row, { bold }) => bold(text),
      },
      { title: "STATE", cell: ({ shown }) => shown, paint: paintState },
      { title: "PASSES FOR", cell: ({ shard }) => passesFor(shard) },
      { title: "SERVICES", cell: ({ shard }) => servicesOf(shard) },
      { title: "HOST", cell: ({ host }) => host, optional: true },
      { title: "WHY", cell: ({ shard }) => shard.reason ?? "", optional: true },
    ],
    rows,
    style,
  );
}

function passesFor({ config }: ApiShard): string | null {
  if (config === null) return null;
  const { hostname, distro, archetype } = config;
  const kind = typeof archetype === "string" ? ` (${archetype})` : "";
  return `${String(hostname)}, ${String(distro)}${kind}`;
}

/** Where each service listens: `ssh 127.3.1.9:10022`; `ssh down` for one that does not. */
function servicesOf({ services, config }: ApiShard): string {
  const shown = Object.entries(services).map(([name, { running, ip, port }]) => {
    if (!running) return `${name} down`;
    return ip === undefined || port === undefined ? name : `${name} ${ip}:${port}`;
  });
  if (shown.length > 0) return shown.join(", ");
  const planned = config?.["services"];
  return Array.isArray(planned) ? planned.join(", ") : "-";
}

function addList(decky: Command, shell: Shell): void {
  const command = decky
    .command("list")
    .summary("list deckies")
    .description("Lists deckies with their state, what each passes for, and where it listens.")
    .option("--host <host>", "Only those of one host, by name or uuid.")
    .action(async (options: JsonOption & { host?: string }) => {
      const api = masterOf(options, shell);
      const ofHost = options.host === undefined ? "" : `?host=${encodeURIComponent(options.host)}`;
      const [hosts, shards] = await Promise.all([
        api.call("GET", "/hosts", listSchema(ApiHost)),
        api.call("GET", `/shards${ofHost}`, listSchema(ApiShard)),
      ]);
      const byUuid = new Map(hosts.items.map((host) => [host.uuid, host]));
      const rows = shards.items.map((shard) => {
        const host = byUuid.get(shard.hostUuid);
        return {
          shard,
          host: host?.name ?? shard.hostUuid,
          shown: shownState(shard, host?.state ?? ""),
        };
      });
      const items = rows.map(({ shard, host, shown }) => ({ ...shard, state: shown, host }));
      printFound(shell, options, items, () =>
        rows.length === 0
          ? ["No deckies. Add one: decnet decky add --host HOST"]
          : deckyTable(rows, shell.terminal.style),
      );
    });
  asksMaster(command, [
    ["decnet decky list", "all deckies"],
    ["decnet decky list --host branch-7 --json", "those of one host, for a program"],
  ]);
}

interface AddOptions extends JsonOption {
  readonly host: string;
  readonly name?: string;
  readonly archetype?: string;
  readonly services?: string;
  readonly distro?: string;
  readonly hostname?: string;
  readonly ip?: string;
  readonly runtime?: string;
}

function addAdd(decky: Command, shell: Shell): void {
  const command = decky
    .command("add")
    .summary("assign a decky to a host")
    .description(
      "Assigns a decky to a host, which starts it within a second. What is left out is chosen.",
    )
    .requiredOption("--host <host>", "Name or uuid of the host.")
    .option("--name <name>", "Name, unique in the fleet.")
    .option("--archetype <kind>", `Kind of machine: ${ARCHETYPE_NAMES.join(", ")}.`)
    .option(
      "--services <list>",
      `Services instead of the archetype's, such as ssh,http: ${SERVICE_NAMES.join(", ")}.`,
    )
    .option("--distro <release>", "Release that it passes for, such as debian-11.")
    .option("--hostname <name>", "What it calls itself.")
    .option("--ip <address>", "IPv4 address.")
    .option("--runtime <runtime>", `How it gets its address: ${RUNTIMES.join(", ")}.`)
    .action(async (options: AddOptions) => {
      const made = await masterOf(options, shell).call(
        "POST",
        "/deckies",
        ApiDecky,
        addRequest(options),
      );
      printFound(shell, options, made, () => [
        `Assigned ${made.name} (${made.archetype}: ${made.services.join(", ")}) to ${options.host}.`,
      ]);
    });
  asksMaster(command, [
    ["decnet decky add --host branch-7", "everything chosen"],
    ["decnet decky add --host branch-7 --archetype database-server --name db-2", "a Redis server"],
    ["decnet decky add --host branch-7 --services ssh,telnet", "just these services"],
  ]);
}

function addRequest({ json: _json, services, archetype, runtime, ...rest }: AddOptions): unknown {
  const { host, name, distro, hostname, ip } = rest;
  const chosen = {
    host,
    name: valueIfGiven(DECKY_NAME, "--name", name),
    distro: valueIfGiven(oneOf(RELEASE_IDS), "--distro", distro),
    hostname: valueIfGiven(DECKY_HOSTNAME, "--hostname", hostname),
    ip: valueIfGiven(address(4), "--ip", ip),
    archetype: valueIfGiven(oneOf(ARCHETYPE_NAMES), "--archetype", archetype),
    runtime: valueIfGiven(oneOf(RUNTIMES), "--runtime", runtime),
    services: services
      ?.split(",")
      .map((service) => optionValue(oneOf(SERVICE_NAMES), "--services", service.trim())),
  };
  return Object.fromEntries(Object.entries(chosen).filter(([, value]) => value !== undefined));
}

function addRemove(decky: Command, shell: Shell): void {
  const command = decky
    .command("remove <name...>")
    .summary("take deckies away")
    .description("Takes deckies out of the desired state; their hosts stop them within a second.")
    .action(async (names: string[], options: JsonOption) => {
      const api = masterOf(options, shell);
      for (const name of names) {
        await api.tell("DELETE", `/deckies/${encodeURIComponent(name)}`);
        if (!options.json) shell.terminal.print(`Removed ${name}.`);
      }
      if (options.json) shell.terminal.print(JSON.stringify({ removed: names }));
    });
  asksMaster(command, [["decnet decky remove web-1 web-2", "two at once"]]);
}
