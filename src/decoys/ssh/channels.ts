import type { Duplex } from "node:stream";
import type { Connection, ServerChannel, Session } from "ssh2";
import type { DecoyContext, DecoySession } from "../decoy.ts";
import type { Machine } from "../shell/machine.ts";
import { Shell } from "../shell/shell.ts";
import { Visit } from "../shell/visit.ts";
import { welcome } from "../shell/welcome.ts";

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
  client.on("session", (accept, reject) => {
    if (open >= MAX_SESSIONS) {
      reject();
      return;
    }
    open++;
    serveSession(guest, accept(), () => open--);
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

function serveSession(guest: Guest, channel: Session, closed: () => void): void {
  const { session } = guest;
  let tty = false;
  const refused = (type: string, reject: (() => void) | undefined, detail: object = {}) => {
    session.emit("ssh.request", { type, ...detail });
    reject?.();
  };
  channel.on("pty", (accept) => {
    tty = true;
    accept?.();
  });
  channel.on("window-change", (accept) => accept?.());
  channel.on("env", (accept, reject, { key, val }) => {
    session.emit("ssh.request", { type: "env", name: key, value: val });
    // AcceptEnv LANG LC_*, as distributions set it; the others are passed over.
    if (/^(LANG|LC_\w+)$/.test(key)) accept?.();
    else reject?.();
  });
  channel.on("signal", (accept, _, { name }) => {
    session.emit("ssh.request", { type: "signal", name });
    accept?.();
  });
  channel.on("x11", (_, reject) => refused("x11-req", reject));
  channel.on("auth-agent", (_, reject) => refused("auth-agent-req@openssh.com", reject));
  channel.on("subsystem", (_, reject, { name }) => refused("subsystem", reject, { name }));
  channel.on("sftp", (_, reject) => refused("subsystem", reject, { name: "sftp" }));
  channel.on("shell", (accept) => carry(guest, accept(), tty, null));
  channel.on("exec", (accept, _, { command }) => carry(guest, accept(), tty, command));
  channel.on("close", closed);
}

/** Joins a channel to a shell; `command` is null for an interactive one. */
function carry(guest: Guest, channel: ServerChannel, tty: boolean, command: string | null): void {
  const { context, machine, session, stream, user } = guest;
  const seat = {
    user,
    fromIp: session.srcIp,
    fromPort: session.srcPort,
    hostIp: session.dstIp,
    hostPort: session.dstPort,
    loginMs: context.nowMs(),
    tty: tty ? "/dev/pts/0" : null,
    service: "ssh" as const,
  };
  const shell = new Shell(machine, seat, () => context.nowMs(), machine.nextPid(seat.loginMs));
  const visit = new Visit({
    shell,
    write(fd, text) {
      if (!channel.writable) return;
      const bytes = Buffer.from(text, "latin1");
      if (fd === 1 || tty) channel.write(bytes);
      else channel.stderr.write(bytes);
    },
    after: (ms, callback) => context.after(ms, callback),
    ran: (input, rc) => session.emit("ssh.command", { input, rc }),
    did: ({ tool, url, file }) => session.emit("shell.download", { tool, url, file }),
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
  const bytes = command === null ? "" : Buffer.from(command, "utf8").toString("latin1");
  if (command !== null) visit.execute(bytes);
  else if (tty) visit.greet(welcome(shell));
  else visit.execute("sh");
}
