import type { ApiShard } from "../../wire/api/decky.ts";
import type { ApiHost } from "../../wire/api/host.ts";
import { deckyTable } from "../commands/decky.ts";
import type { MasterReady } from "../parent.ts";
import { facts } from "../table.ts";
import type { Style } from "../terminal.ts";
import { commandsToTry, type WeakLogins } from "./try.ts";

/** Where the dashboard is and, the first time, how to log in. */
export function loginLines(master: MasterReady, style: Style): string[] {
  return facts(loginFacts(master), style);
}

function loginFacts({ operatorUrl, firstAdmin }: MasterReady): (readonly [string, string])[] {
  const login =
    firstAdmin === null
      ? "as before (lost the password? decnet operator reset-password)"
      : `${firstAdmin.user} / ${firstAdmin.password}   (shown this once)`;
  return [
    ["dashboard", operatorUrl],
    ["login", login],
  ];
}

/** All that a person needs for a first look: the address, the fleet, what to try. */
export function summaryLines(
  master: MasterReady,
  host: ApiHost,
  shards: readonly ApiShard[],
  logins: WeakLogins,
  style: Style,
): string[] {
  const rows = shards.map((shard) => ({ shard, host: "", shown: shard.state }));
  const commands = commandsToTry(shards, logins);
  const about = [
    ...loginFacts(master),
    ["host", `${host.name}, ${host.state}, ${host.uuid}`] as const,
  ];
  return [
    "",
    ...facts(about, style),
    "",
    ...(rows.length === 0 ? ["No deckies run."] : deckyTable(rows, style)),
    "",
    ...(commands.length === 0 ? [] : [style.dim("Attack one, from another terminal:")]),
    ...commands.map((line) => `  ${line}`),
    ...(commands.length === 0 ? [] : [""]),
  ];
}
