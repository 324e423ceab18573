import { Disk } from "./disk.ts";
import type { Account, Machine } from "./machine.ts";
import type { Command } from "./syntax.ts";

/** What a running command asks of whoever drives it; output waits in `Shell.output` meanwhile. */
export type Want =
  | { readonly kind: "sleep"; readonly ms: number }
  /** More standard input: text, or null at its end. `echo: false` while a password is typed. */
  | { readonly kind: "input"; readonly echo: boolean };

/** A computation that stops where it needs time or input, and ends with `T`. */
export type Running<T = number> = Generator<Want, T, string | null>;

export interface Chunk {
  readonly fd: 1 | 2;
  readonly text: string;
}

/** What a visitor did that is worth an event of its own. */
export interface Deed {
  readonly kind: "download";
  readonly tool: string;
  readonly url: string;
  readonly file: string | null;
}

/** Where the visitor sits: what `w`, `last` and SSH_CONNECTION tell of this session. */
export interface Seat {
  readonly user: string;
  readonly fromIp: string;
  readonly fromPort: number;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly loginMs: number;
  /** Such as `/dev/pts/0`; null without a terminal. */
  readonly tty: string | null;
  readonly service: "ssh" | "telnet";
}

/** One shell within a session; `su` and `sh` stack another on it. */
export interface Frame {
  readonly account: Account;
  readonly cwd: string;
  readonly variables: Map<string, string>;
  readonly exported: Set<string>;
  readonly dialect: Dialect;
}

/** Which program reads the lines: it shows in prompts and messages. */
export type Dialect = "bash" | "dash" | "ash";

/** What one line may cost. */
const LINE_STEPS = 3000;
const LINE_OUTPUT_BYTES = 1024 * 1024;
const MAX_VARIABLES = 500;
const MAX_VARIABLE_BYTES = 64 * 1024;
const MAX_HISTORY = 500;
const MAX_FRAMES = 16;

/** All that changes while one visitor is in: the state that `run()` works on. */
export class Shell {
  readonly machine: Machine;
  readonly seat: Seat;
  readonly disk: Disk;
  readonly nowMs: () => number;
  readonly history: string[] = [];
  readonly functions = new Map<string, Command>();
  readonly frames: Frame[] = [];
  readonly jobs: { pid: number; text: string }[] = [];
  account: Account;
  dialect: Dialect;
  cwd: string;
  previousCwd: string;
  variables: Map<string, string>;
  exported: Set<string>;
  /** Positional parameters of the script or function that runs. */
  parameters: readonly string[] = [];
  scriptName: string;
  lastRc = 0;
  /** Why the commands that follow are passed over: `exit`, `break` and their like. */
  leaving: "exit" | "break" | "continue" | "return" | "spent" | null = null;
  /** Set once the outermost shell was left. */
  ended = false;
  deeds: Deed[] = [];
  output: Chunk[] = [];
  /** Input that came in one piece with what was asked for. */
  typed = "";
  depth = 0;
  readonly pid: number;
  private steps = 0;
  private outputBytes = 0;

  constructor(machine: Machine, seat: Seat, nowMs: () => number, sessionPid: number) {
    this.machine = machine;
    this.seat = seat;
    this.nowMs = nowMs;
    this.pid = sessionPid;
    this.account = machine.account(seat.user);
    this.disk = new Disk(machine.root(), this.account, nowMs);
    this.dialect = machine.flavor === "busybox" ? "ash" : "bash";
    this.scriptName = this.dialect === "bash" ? "-bash" : "-sh";
    this.variables = this.loginVariables(this.account);
    this.exported = new Set(this.variables.keys());
    const home = this.disk.list("/", this.account.home);
    this.cwd = "fault" in home ? "/" : this.account.home;
    this.previousCwd = this.cwd;
  }

  /** Starts the accounts of a new line. */
  renew(): void {
    this.steps = 0;
    this.outputBytes = 0;
    this.depth = 0;
    this.leaving = null;
    this.deeds = [];
  }

  /** Counts one step; false once the line has cost too much. */
  spend(): boolean {
    return ++this.steps <= LINE_STEPS;
  }

  emit(fd: 1 | 2, text: string): void {
    const room = LINE_OUTPUT_BYTES - this.outputBytes;
    if (room <= 0 || text === "") return;
    this.outputBytes += text.length;
    this.output.push({ fd, text: text.slice(0, room) });
  }

  takeOutput(): Chunk[] {
    return this.output.splice(0);
  }

  remember(line: string): void {
    if (line.trim() === "" || this.history.at(-1) === line) return;
    this.history.push(line);
    if (this.history.length > MAX_HISTORY) this.history.shift();
  }

  set(name: string, value: string): void {
    if (!this.variables.has(name) && this.variables.size >= MAX_VARIABLES) return;
    this.variables.set(name, value.slice(0, MAX_VARIABLE_BYTES));
  }

  /** Variables that a child process inherits, in the order of their setting. */
  environment(): [string, string][] {
    return [...this.variables].filter(([name]) => this.exported.has(name));
  }

  /** Starts another shell in this session, as `account`. @returns false if too many are open. */
  push(account: Account, dialect: Dialect, login: boolean): boolean {
    if (this.frames.length >= MAX_FRAMES) return false;
    this.frames.push({
      account: this.account,
      cwd: this.cwd,
      variables: new Map(this.variables),
      exported: new Set(this.exported),
      dialect: this.dialect,
    });
    this.become(account);
    this.dialect = dialect;
    if (!login) return true;
    this.variables = this.loginVariables(account);
    this.exported = new Set(this.variables.keys());
    this.cwd = account.home;
    return true;
  }

  /** Leaves the innermost shell. */
  pop(): void {
    const frame = this.frames.pop();
    if (frame === undefined) {
      this.ended = true;
      return;
    }
    this.become(frame.account);
    this.cwd = frame.cwd;
    this.variables = frame.variables;
    this.exported = frame.exported;
    this.dialect = frame.dialect;
  }

  become(account: Account): void {
    this.account = account;
    this.disk.who = account;
  }

  /** Name before the colon of this shell's own messages. */
  get selfName(): string {
    if (this.seat.tty !== null && this.depth === 0) {
      if (this.dialect === "bash") return this.frames.length === 0 ? "-bash" : "bash";
      return this.frames.length === 0 ? "-sh" : "sh";
    }
    return this.dialect === "bash" ? "bash" : "sh";
  }

  /** PS1, expanded. */
  prompt(): string {
    const mark = this.account.uid === 0 ? "#" : "$";
    if (this.dialect === "dash") return `${mark} `;
    const { home } = this.account;
    const inHome = this.cwd === home || this.cwd.startsWith(`${home}/`);
    const where = inHome && home !== "/" ? `~${this.cwd.slice(home.length)}` : this.cwd;
    const host = this.machine.persona.hostname.split(".")[0] ?? "";
    switch (this.machine.flavor) {
      case "busybox":
        return `${where} ${mark} `;
      case "redhat":
        return `[${this.account.name}@${host} ${where.split("/").at(-1) || "/"}]${mark} `;
      case "debian":
      default:
        return `${this.account.name}@${host}:${where}${mark} `;
    }
  }

  private loginVariables(account: Account): Map<string, string> {
    const { seat, machine } = this;
    const sbin = account.uid === 0 || machine.flavor === "redhat";
    const path = sbin
      ? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
      : "/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games";
    const variables = new Map([
      ["SHELL", account.shell],
      ["PWD", account.home],
      ["LOGNAME", account.name],
      ["HOME", account.home],
      ["LANG", machine.language],
      ["USER", account.name],
      ["SHLVL", "1"],
      ["PATH", path],
      ["MAIL", `/var/mail/${account.name}`],
    ]);
    if (seat.tty !== null) variables.set("TERM", "xterm");
    if (seat.service === "ssh") {
      variables.set("SSH_CLIENT", `${seat.fromIp} ${seat.fromPort} ${seat.hostPort}`);
      variables.set(
        "SSH_CONNECTION",
        `${seat.fromIp} ${seat.fromPort} ${seat.hostIp} ${seat.hostPort}`,
      );
      if (seat.tty !== null) variables.set("SSH_TTY", seat.tty);
    }
    return variables;
  }
}
