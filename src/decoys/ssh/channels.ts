import type { Duplex } from "node:stream";
import type { Connection, ServerChannel, Session } from "ssh2";
import type { DecoyContext, DecoySession } from "../decoy.ts";
import { openVisit, seatOf, tellAll } from "../shell/guest-session.ts";
import type { Machine } from "../shell/machine.ts";
import type { TerminalSize } from "../shell/recording.ts";
import { Shell } from "../shell/shell.ts";
import { welcome } from "../shell/welcome.ts";
import { SftpServer } from "./sftp.ts";

/** A client that has logged in. */
export interface Guest {
  readonly context: DecoyContext;
  readonly machine: Machine;
  readonly client: Connection;
  readonly stream: Duplex;
  readonly session: DecoySession;
  readonly user: string;
}

/** sshd_config(5): MaxSessions. */
const MAX_SESSIONS = 10;

/** Serves what a client opens after its login (RFC 4254): shells and commands; no forwarding. */
export function serveChannels(guest: Guest): void {
  const { client, session } = guest;
  let open = 0;
  let number = 0;
  client.on("session", (accept, reject) => {
    if (open >= MAX_SESSIONS) {
      reject();
      return;
    }
    open++;
    serveSession(guest, accept(), ++number, () => open--);
  });
  client.on("tcpip", (_, reject, info) => {
    session.emit("ssh.request", { type: "direct-tcpip", host: info.destIP, port: info.destPort });
    reject();
  });
  client.on("request", (_, reject, name, info) => {
    session.emit("ssh.request", {
      type: name,
      detail: JSON.stringify(info ?? null).slice(0, 1024),
    });
    reject?.();
  });
}

function serveSession(guest: Guest, channel: Session, number: number, closed: () => void): void {
  const { session } = guest;
  const environment = new Map<string, string>();
  let terminal: Terminal | null = null;
  let resize: (size: TerminalSize) => void = () => {};
  const refused = (type: string, reject: (() => void) | undefined) => {
    session.emit("ssh.request", { type });
    reject?.();
  };
  channel.on("pty", (accept, _, { cols, rows, ...rest }) => {
    const { term } = rest as { readonly term?: string };
    terminal = { ...sizeOf(cols, rows), type: term === undefined || term === "" ? "dumb" : term };
    accept?.();
  });
  channel.on("window-change", (accept, _, { cols, rows }) => {
    resize(sizeOf(cols, rows));
    accept?.();
  });
  channel.on("env", (accept, reject, { key, val }) => {
    session.emit("ssh.request", { type: "env", name: key, value: val });
    // AcceptEnv LANG LC_*, as distributions set it; the others are passed over.
    if (/^(LANG|LC_\w{1,32})$/.test(key)) {
      environment.set(key, val.slice(0, 256));
      accept?.();
    } else reject?.();
  });
  channel.on("signal", (accept, _, { name }) => {
    session.emit("ssh.request", { type: "signal", name });
    accept?.();
  });
  channel.on("x11", (_, reject) => refused("x11-req", reject));
  channel.on("auth-agent", (_, reject) => refused("auth-agent-req@openssh.com", reject));
  channel.on("subsystem", (accept, reject, { name }) => {
    session.emit("ssh.request", { type: "subsystem", name });
    if (name === "sftp") serveSftp(guest, accept(), environment);
    else reject?.();
  });
  const start = (stream: ServerChannel, command: string | null) => {
    resize = carry(guest, stream, { number, terminal, environment, command });
  };
  channel.on("shell", (accept) => start(accept(), null));
  channel.on("exec", (accept, _, { command }) => start(accept(), command));
  channel.on("close", closed);
}

type Terminal = TerminalSize & { readonly type: string };

/** Clients without a terminal of their own ask for one of no size: sshd's is then as small. */
function sizeOf(columns: number, rows: number): TerminalSize {
  const clamp = (value: number, usual: number) => (value > 0 && value < 10_000 ? value : usual);
  return { columns: clamp(columns, 80), rows: clamp(rows, 24) };
}

/** What a client has asked for before its shell starts; `command` is null for an interactive one. */
interface Wish {
  readonly number: number;
  readonly terminal: Terminal | null;
  readonly environment: ReadonlyMap<string, string>;
  readonly command: string | null;
}

/** Joins a channel to a shell. @returns What to call when the terminal has another size. */
function carry(guest: Guest, channel: ServerChannel, wish: Wish): (size: TerminalSize) => void {
  const { context, machine, session, stream, user } = guest;
  const { terminal, command } = wish;
  const { shell, visit } = openVisit({
    context,
    machine,
    session,
    service: "ssh",
    user,
    ...wish,
    write(fd, text) {
      if (!channel.writable) return;
      const bytes = Buffer.from(text, "latin1");
      if (fd === 1 || terminal !== null) channel.write(bytes);
      else channel.stderr.write(bytes);
    },
    ended(rc) {
      if (!channel.writable) return;
      channel.exit(rc);
      channel.end();
    },
  });
  stream.once("close", () => visit.close());
  channel.on("close", () => visit.close());
  channel.on("error", () => visit.close());
  channel.on("data", (chunk: Buffer) => visit.input(chunk.toString("latin1")));
  channel.on("end", () => visit.endInput());
  if (command !== null) visit.execute(Buffer.from(command, "utf8").toString("latin1"));
  else if (terminal !== null) visit.greet(welcome(shell));
  else visit.serveScript();
  return (size) => visit.resize(size);
}

/** Joins a channel to the files of its account. */
function serveSftp(
  { context, machine, session, stream, user }: Guest,
  channel: ServerChannel,
  environment: ReadonlyMap<string, string>,
): void {
  const seat = seatOf({
    context,
    machine,
    session,
    service: "ssh",
    user,
    terminal: null,
    environment,
  });
  const shell = new Shell(machine, seat, () => context.nowMs());
  let over = false;
  const end = (rc: number | null) => {
    if (over) return;
    over = true;
    server.close();
    tellAll(session, shell, true);
    shell.leave();
    if (rc === null || !channel.writable) return;
    channel.exit(rc);
    channel.end();
  };
  const server = new SftpServer(
    shell,
    (packet) => {
      if (channel.writable) channel.write(packet);
      tellAll(session, shell);
    },
    () => end(11),
  );
  stream.once("close", () => end(null));
  channel.on("close", () => end(null));
  channel.on("error", () => end(null));
  channel.on("data", (chunk: Buffer) => {
    if (!over) server.receive(chunk);
  });
  channel.on("end", () => end(0));
}
