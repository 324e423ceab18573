import { type Call, optionsOf } from "../call.ts";
import { commOf, type Process } from "../processes.ts";
import { type Endpoint, type SocketRow, socketsOf } from "../sockets.ts";

/** Which rows a command's flags ask for: `-t`, `-u`, `-l`, `-a`, `-4`, `-6`. */
function wanted(call: Call, flags: ReadonlySet<string>): readonly SocketRow[] {
  const has = (letter: string, long: string) => flags.has(letter) || flags.has(long);
  const [tcp, udp] = [has("t", "tcp"), has("u", "udp")];
  const listens = has("l", "listening");
  return socketsOf(call.shell.machine).filter((row) => {
    if ((tcp || udp) && !(row.protocol === "tcp" ? tcp : udp)) return false;
    if (flags.has("4") !== flags.has("6") && !flags.has(String(row.family))) return false;
    if (has("a", "all")) return true;
    return listens === (row.state !== "ESTAB");
  });
}

/** What netstat calls a process: the name of its program, or the title that it gave itself. */
function programOf({ pid, command }: Process): string {
  const titled = /^[\w.-]+: /.test(command);
  const name = titled ? command : (command.split(" ")[0]?.split("/").at(-1) ?? command);
  return `${pid}/${name}`.slice(0, 19);
}

function nameOf({ address, port }: Endpoint, any = "*"): string {
  return `${address}:${port === 0 ? any : port}`;
}

export function netstat(call: Call): number {
  const { flags } = optionsOf(call.args, null);
  const root = call.shell.account.uid === 0;
  const program = flags.has("p") || flags.has("program");
  const rows = wanted(call, flags);
  const which =
    flags.has("l") || flags.has("listening")
      ? "only servers"
      : flags.has("a") || flags.has("all")
        ? "servers and established"
        : "w/o servers";
  if (program && !root) {
    call.err(
      "(Not all processes could be identified, non-owned process info\n will not be shown, you would have to be root to see it all.)\n",
    );
  }
  const extended = flags.has("e");
  call.out(
    `Active Internet connections (${which})\nProto Recv-Q Send-Q Local Address           Foreign Address         State      ${extended ? " User       Inode     " : ""}${program ? " PID/Program name    " : ""}\n`,
  );
  for (const protocol of ["tcp", "udp"] as const) {
    for (const row of rows.filter((one) => one.protocol === protocol).toSorted(byFamily)) {
      const state = { LISTEN: "LISTEN", ESTAB: "ESTABLISHED", UNCONN: "" }[row.state];
      const [owner] = row.owners;
      const uid = call.shell.machine.find(owner?.user ?? "root")?.uid ?? 0;
      const told = owner !== undefined && root ? programOf(owner) : "-";
      const name = row.family === 6 ? `${protocol}6` : protocol;
      call.out(
        `${name.padEnd(5)}      0      0 ${nameOf(row.local).padEnd(23)} ${nameOf(row.remote).padEnd(23)} ${state.padEnd(11)}${extended ? ` ${String(uid).padEnd(10)} ${String(row.inode).padEnd(10)}` : ""}${program ? ` ${told.padEnd(20)}` : ""}\n`,
      );
    }
  }
  return 0;
}

const byFamily = (one: SocketRow, other: SocketRow) => one.family - other.family;

/** ss(8) of iproute2: columns as wide as what they hold. */
export function ss(call: Call): number {
  const { flags } = optionsOf(call.args, null);
  if (flags.has("s")) return summary(call);
  const rows = wanted(call, flags);
  const named = (flags.has("t") || flags.has("tcp")) !== (flags.has("u") || flags.has("udp"));
  const root = call.shell.account.uid === 0;
  const address = ({ address: text, port }: Endpoint, row: SocketRow): string => {
    // A socket of IPv6 that takes both families is shown as any.
    const alone = !rows.some((one) => one.family === 4 && one.local.port === row.local.port);
    const shown = row.family === 6 ? (alone ? "*" : `[${text}]`) : text;
    return `${shown}:${port === 0 ? "*" : port}`;
  };
  const users = (row: SocketRow) =>
    !(flags.has("p") || flags.has("processes")) || !root || row.owners.length === 0
      ? ""
      : `users:(${row.owners.map((one) => `("${commOf(one)}",pid=${one.pid},fd=${row.fd})`).join(",")})`;
  const table = [
    ["Netid", "State", "Recv-Q", "Send-Q", "Local Address:Port", "Peer Address:Port", "Process"],
    ...rows.map((row) => [
      row.protocol,
      row.state,
      "0",
      String(row.backlog),
      address(row.local, row),
      address(row.remote, row),
      users(row),
    ]),
  ].map((cells) => (named ? cells.slice(1) : cells));
  const widths = (table[0] ?? []).map((_, column) =>
    Math.max(...table.map((cells) => cells[column]?.length ?? 0)),
  );
  const atRight = (column: number) => column === widths.length - 3 || column === widths.length - 2;
  for (const cells of table) {
    const line = cells.map((cell, column) => {
      if (column === widths.length - 1) return cell;
      return atRight(column)
        ? cell.padStart(widths[column] ?? 0)
        : cell.padEnd(widths[column] ?? 0);
    });
    call.out(`${line.join(" ")}\n`);
  }
  return 0;
}

function summary(call: Call): number {
  const rows = socketsOf(call.shell.machine);
  const count = (protocol: string, family?: number, state?: string) =>
    rows.filter(
      (row) =>
        row.protocol === protocol &&
        (family === undefined || row.family === family) &&
        (state === undefined || row.state === state),
    ).length;
  const line = (name: string, four: number, six: number) =>
    `${name.padEnd(10)}${String(four + six).padEnd(10)}${String(four).padEnd(10)}${String(six).padEnd(10)}\n`;
  const [tcp4, tcp6, udp4, udp6] = [
    count("tcp", 4),
    count("tcp", 6),
    count("udp", 4),
    count("udp", 6),
  ];
  call.out(
    `Total: ${140 + rows.length}\nTCP:   ${tcp4 + tcp6} (estab ${count("tcp", undefined, "ESTAB")}, closed 0, orphaned 0, timewait 0)\n\nTransport Total     IP        IPv6\n${line("RAW", 0, 0)}${line("UDP", udp4, udp6)}${line("TCP", tcp4, tcp6)}${line("INET", tcp4 + udp4, tcp6 + udp6)}${line("FRAG", 0, 0)}\n`,
  );
  return 0;
}

/** lsof(8), of sockets alone: `-i` with what it may be narrowed to. */
export function lsof(call: Call): number {
  const asked = call.args.find((arg) => arg.startsWith("-i")) ?? call.args[0];
  if (asked === undefined || !asked.startsWith("-")) return 1;
  const [, protocol, port] = /^-i[46]?(tcp|udp)?(?::(\d+))?$/i.exec(asked) ?? [];
  const numeric = call.args.some((arg) => /^-\w*P/.test(arg));
  const rows = socketsOf(call.shell.machine)
    .filter((row) => protocol === undefined || row.protocol === protocol.toLowerCase())
    .filter((row) => port === undefined || [row.local.port, row.remote.port].includes(Number(port)))
    .flatMap((row) => row.owners.map((owner) => ({ row, owner })))
    .filter(({ owner }) => call.shell.account.uid === 0 || owner.user === call.shell.account.name)
    .toSorted((one, other) => one.owner.pid - other.owner.pid);
  if (rows.length === 0) return 1;
  call.out("COMMAND     PID     USER   FD   TYPE DEVICE SIZE/OFF NODE NAME\n");
  for (const { row, owner } of rows) {
    const service = {
      22: "ssh",
      23: "telnet",
      80: "http",
      6379: "redis",
      53: "domain",
      25: "smtp",
    };
    const portOf = (at: Endpoint) =>
      numeric ? at.port : (service[at.port as keyof typeof service] ?? at.port);
    const place = (at: Endpoint) =>
      `${["0.0.0.0", "::"].includes(at.address) ? "*" : at.address}:${portOf(at)}`;
    const peer = row.state === "ESTAB" ? `->${place(row.remote)} (ESTABLISHED)` : "";
    const name = `${place(row.local)}${peer}${row.state === "LISTEN" ? " (LISTEN)" : ""}`;
    call.out(
      `${commOf(owner).slice(0, 9).padEnd(9)} ${String(owner.pid).padStart(5)} ${owner.user.slice(0, 8).padStart(8)} ${`${row.fd}u`.padStart(4)}  IPv${row.family} ${String(row.inode).padStart(6)}      0t0  ${row.protocol.toUpperCase()} ${name}\n`,
    );
  }
  return 0;
}

export const SOCKETS = { netstat, ss, lsof };
