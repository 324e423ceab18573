import { Disk } from "./disk.ts";
import { sessionProc } from "./image-session.ts";
import type { Account, Machine } from "./machine.ts";
import type { Guest } from "./processes.ts";
import type { TerminalSize } from "./recording.ts";
import type { Chunk, Deed, Dialect, Frame, Job, Seat } from "./session.ts";
import type { Command } from "./syntax.ts";

export type { Chunk, Deed, Dialect, Job, Running, Seat } from "./session.ts";

/** What one line may cost. */
const LINE_STEPS = 3000;
const LINE_OUTPUT_BYTES = 1024 * 1024;
const MAX_VARIABLES = 500;
const MAX_VARIABLE_BYTES = 64 * 1024;
const MAX_HISTORY = 500;
const MAX_FRAMES = 16;
const MAX_DEEDS = 64;

/** All that changes while one visitor is in: the state that `run()` works on. */
export class Shell {
  readonly machine: Machine;
  readonly seat: Seat;
  readonly disk: Disk;
  readonly nowMs: () => number;
  readonly history: string[] = [];
  readonly functions = new Map<string, Command>();
  readonly frames: Frame[] = [];
  /** What was started with `&` and is not told as done. */
  readonly jobs: Job[] = [];
  lastJobPid: number | null = null;
  /** Commands of the pipeline that runs: ps shows each. */
  companions: readonly string[] = [];
  size: TerminalSize = { columns: 80, rows: 24 };
  account: Account;
  dialect: Dialect;
  cwd: string;
  previousCwd: string;
  variables: Map<string, string>;
  exported: Set<string>;
  /** Positional parameters of the script or function that runs. */
  parameters: readonly string[] = [];
  scriptName: string;
  /** What runs if no line that was typed: a file, standard input, or the text after `-c`. */
  script: { readonly name: string; readonly isFile: boolean } | null = null;
  /** Line of the script that runs. */
  line = 1;
  lastRc = 0;
  /** Why the commands that follow are passed over: `exit`, `break` and their like. */
  leaving: "exit" | "break" | "continue" | "return" | "spent" | null = null;
  /** Set once the outermost shell was left. */
  ended = false;
  private readonly deeds: Deed[] = [];
  output: Chunk[] = [];
  /** Input that was read and given back. */
  typed = "";
  depth = 0;
  readonly guest: Guest;
  private readonly forget: () => void;
  private steps = 0;
  private outputBytes = 0;

  constructor(machine: Machine, seat: Seat, nowMs: () => number) {
    this.machine = machine;
    this.seat = seat;
    this.nowMs = nowMs;
    this.account = machine.account(seat.user);
    this.dialect = machine.flavor === "busybox" ? "ash" : "bash";
    this.scriptName = this.dialect === "bash" ? "-bash" : "-sh";
    // The server forks before the shell does.
    const pid = machine.takePids(nowMs(), 9) + 8;
    this.guest = { seat, pid, shellName: this.scriptName };
    const proc = sessionProc(machine, this.guest);
    const volume = machine.volumes.take(seat.fromIp);
    this.disk = new Disk(volume, proc, this.account, nowMs);
    this.forget = machine.enter(this.guest);
    this.variables = this.loginVariables(this.account);
    this.exported = new Set(this.variables.keys());
    const home = this.disk.list("/", this.account.home);
    this.cwd = "fault" in home ? "/" : this.account.home;
    this.previousCwd = this.cwd;
  }

  get pid(): number {
    return this.guest.pid;
  }

  /** Ends the session: to be called once. */
  leave(): void {
    this.forget();
    this.machine.volumes.release(this.seat.fromIp);
  }

  /** Starts the accounts of a new line. */
  renew(): void {
    this.steps = 0;
    this.outputBytes = 0;
    this.depth = 0;
    this.leaving = null;
    this.companions = [];
    this.typed = "";
  }

  did(deed: Deed): void {
    if (this.deeds.length < MAX_DEEDS) this.deeds.push(deed);
  }

  /** What was done since the last call; at the end of the session also the files still open. */
  takeDeeds(atEnd = false): Deed[] {
    const { captures } = this.disk;
    const files = atEnd ? captures.finish() : captures.take();
    return [...this.deeds.splice(0), ...files.map((file) => ({ kind: "file" as const, ...file }))];
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

  /** What stands before the colon of this shell's own messages. */
  get selfName(): string {
    const bash = this.dialect === "bash";
    if (this.script !== null) {
      const { name, isFile } = this.script;
      if (this.dialect === "dash") return `${name}: ${this.line}`;
      // Of `-c` the line is told since 5.1.
      const tellsLine = isFile || this.machine.persona.release.id === "debian-11";
      return tellsLine && (isFile || bash) ? `${name}: line ${this.line}` : name;
    }
    if (this.frames.length === 0) return this.scriptName;
    return bash ? "bash" : "sh";
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
    for (const [name, value] of seat.environment) variables.set(name, value);
    if (seat.tty !== null) variables.set("TERM", seat.terminalType);
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
