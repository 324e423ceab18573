import type { Command } from "commander";
import { ApiShard } from "../../wire/api/decky.ts";
import { ApiHost } from "../../wire/api/host.ts";
import { age } from "../age.ts";
import { listSchema } from "../api-client.ts";
import { asksMaster, masterOf, type Shell } from "../command.ts";
import { type JsonOption, printList } from "../print.ts";
import { paintState } from "../states.ts";
import type { Column } from "../table.ts";
import { addConfirmed, DECOMMISSION, RELEASE } from "./host-confirmed.ts";
import { addShow } from "./host-show.ts";

export function addHost(program: Command, shell: Shell): void {
  const host = program
    .command("host")
    .summary("hosts: list, show, release, decommission")
    .description("Hosts are the machines that run an agent, and on it their deckies.");
  addList(host, shell);
  addShow(host, shell);
  addConfirmed(host, shell, RELEASE);
  addConfirmed(host, shell, DECOMMISSION);
}

function addList(host: Command, shell: Shell): void {
  const command = host
    .command("list")
    .summary("list hosts")
    .description("Lists hosts with their state, and when each was last heard.")
    .option("--all", "Tombstones of decommissioned hosts, too.")
    .action(async (options: JsonOption & { all?: boolean }) => {
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
      const none = "No hosts yet. Make a token for one: decnet token create";
      printList(shell, options, items, columns, none);
    });
  asksMaster(command, [
    ["decnet host list", "all hosts that are in service"],
    ["decnet host list --all --json", "for a program, tombstones included"],
  ]);
}
