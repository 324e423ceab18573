import type { DecoyContext, DecoySession } from "../decoy.ts";
import type { Machine } from "./machine.ts";
import { Recording, type TerminalSize } from "./recording.ts";
import { type Seat, Shell } from "./shell.ts";
import { type OtherDeed, Visit } from "./visit.ts";

/** How somebody has come in, and where his terminal's bytes go. */
export interface Door {
  readonly context: DecoyContext;
  readonly session: DecoySession;
  readonly machine: Machine;
  readonly service: "ssh" | "telnet";
  readonly user: string;
  /** Null without a terminal. */
  readonly terminal: (TerminalSize & { readonly type: string }) | null;
  readonly environment: ReadonlyMap<string, string>;
  /** Which of the connection's shells this is, from 1. */
  readonly number: number;
  /** Bytes for the client, as Latin-1. */
  write(fd: 1 | 2, text: string): void;
  /** The shell was left. */
  ended(rc: number): void;
}

/** Seats somebody at the machine's shell, with all that is to be recorded of it. */
export function openVisit(door: Door): { readonly shell: Shell; readonly visit: Visit } {
  const { context, machine, session, terminal, service } = door;
  const nowMs = () => context.nowMs();
  const shell = new Shell(machine, seatOf(door), nowMs);
  const recording =
    terminal === null
      ? null
      : new Recording(nowMs, terminal, terminal.type, ({ leftOutBytes, ...part }) =>
          session.emit("shell.recording", {
            shell: door.number,
            ...part,
            left_out_bytes: leftOutBytes,
          }),
        );
  if (terminal !== null) shell.size = { columns: terminal.columns, rows: terminal.rows };
  const visit = new Visit({
    shell,
    write(fd, text) {
      recording?.output(text);
      door.write(fd, text);
    },
    typed: (text) => recording?.input(text),
    resized: (size) => recording?.resize(size),
    after: (ms, callback) => context.after(ms, callback),
    ran: (input, rc) => session.emit(`${service}.command`, { input, rc }),
    did: (deed) => tell(session, deed),
    left(rc) {
      tellAll(session, shell, true);
      recording?.end(rc);
      shell.leave();
      if (rc !== null) door.ended(rc);
    },
  });
  return { shell, visit };
}

/** Where somebody sits who has come in by a door. */
export function seatOf(door: Omit<Door, "number" | "write" | "ended">): Seat {
  const { context, machine, service, session, terminal, user, environment } = door;
  return {
    user,
    fromIp: session.srcIp,
    fromPort: session.srcPort,
    hostIp: session.dstIp,
    hostPort: session.dstPort,
    loginMs: context.nowMs(),
    tty: terminal === null ? null : machine.freeTerminal(),
    terminalType: terminal?.type ?? "dumb",
    environment,
    service,
  };
}

/** Records what was done in a shell since the last call. */
export function tellAll(session: DecoySession, shell: Shell, atEnd = false): void {
  for (const deed of shell.takeDeeds(atEnd)) {
    if (deed.kind !== "line") tell(session, deed);
  }
}

function tell(session: DecoySession, deed: OtherDeed): void {
  const { kind, ...data } = deed;
  session.emit(kind === "file" ? "shell.file" : "shell.download", data);
}
