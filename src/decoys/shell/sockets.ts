import type { Socket } from "./daemons.ts";
import type { Machine } from "./machine.ts";
import { guestProcesses, type Process } from "./processes.ts";

/** One row of what netstat, ss, lsof and /proc/net tell, each in its own words. */
export interface SocketRow {
  readonly protocol: "tcp" | "udp";
  readonly family: 4 | 6;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly state: "LISTEN" | "ESTAB" | "UNCONN";
  readonly backlog: number;
  readonly fd: number;
  readonly inode: number;
  readonly owners: readonly Process[];
}

export interface Endpoint {
  readonly address: string;
  /** 0 for any. */
  readonly port: number;
}

/** All sockets of a machine: its daemons' own, then one for each login. */
export function socketsOf(machine: Machine): readonly SocketRow[] {
  const { persona, daemons, guests } = machine;
  const rows: SocketRow[] = [];
  for (const { sockets, running } of daemons) {
    const owners = (socket: Socket) => (socket.shared ? running : running.slice(0, 1));
    for (const socket of sockets) {
      const family = socket.address.includes(":") ? 6 : 4;
      rows.push({
        protocol: socket.protocol,
        family,
        local: { address: socket.address, port: socket.port },
        remote: { address: family === 6 ? "::" : "0.0.0.0", port: 0 },
        state: socket.protocol === "tcp" ? "LISTEN" : "UNCONN",
        backlog: socket.backlog,
        fd: socket.fd,
        inode: 14_000 + persona.pick(`inode:${socket.address}:${socket.port}`, 9000),
        owners: owners(socket),
      });
    }
  }
  for (const guest of guests) {
    const { seat } = guest;
    const server = guestProcesses(persona, daemons, guest).filter(({ pid }) => pid !== guest.pid);
    rows.push({
      protocol: "tcp",
      family: 4,
      local: { address: seat.hostIp, port: seat.hostPort },
      remote: { address: seat.fromIp, port: seat.fromPort },
      state: "ESTAB",
      backlog: 0,
      fd: seat.service === "ssh" ? 4 : 0,
      inode: 100_000 + guest.pid * 7,
      owners: server,
    });
  }
  return rows;
}

/** The /proc/net file of a protocol and family (`tcp4_seq_show` and its like). */
export function procNet(machine: Machine, protocol: "tcp" | "udp", family: 4 | 6): string {
  const rows = socketsOf(machine).filter(
    (row) => row.protocol === protocol && row.family === family,
  );
  const blank = family === 6 ? 32 : 8;
  const head =
    family === 4
      ? protocol === "tcp"
        ? "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
        : "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops"
      : `  sl  ${"local_address".padEnd(blank + 6)}${"remote_address".padEnd(blank + 6)}st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode`;
  const width = protocol === "tcp" ? (family === 4 ? 149 : 0) : family === 4 ? 127 : 0;
  const lines = rows.map((row, index) => {
    const state = { LISTEN: "0A", ESTAB: "01", UNCONN: "07" }[row.state];
    const uid = machine.find(row.owners[0]?.user ?? "root")?.uid ?? 0;
    const tail =
      protocol === "tcp"
        ? ` 1 ${machine.persona.secret(`sock:${row.inode}`).toString("hex", 0, 8)} 100 0 0 10 0`
        : ` 2 ${machine.persona.secret(`sock:${row.inode}`).toString("hex", 0, 8)} 0`;
    return `${String(index).padStart(4)}: ${hexEndpoint(row.local, family)} ${hexEndpoint(row.remote, family)} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${row.inode}${tail}`;
  });
  return [head, ...lines].map((line) => `${line.padEnd(width)}\n`).join("");
}

function hexEndpoint({ address, port }: Endpoint, family: 4 | 6): string {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  if (family === 6) return `${"0".repeat(32)}:${hexPort}`;
  // The kernel prints the number as its machine keeps it: lowest byte first.
  const bytes = address.split(".").toReversed();
  const hex = bytes.map((part) => Number(part).toString(16).padStart(2, "0")).join("");
  return `${hex.toUpperCase()}:${hexPort}`;
}

/** Whether something of the machine's own takes connections there, from the machine itself. */
export function isListening(machine: Machine, port: number): boolean {
  return socketsOf(machine).some((row) => row.state === "LISTEN" && row.local.port === port);
}
