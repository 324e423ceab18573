import { type Call, fail, optionsOf } from "../call.ts";
import { strftime, two } from "../dates.ts";
import { memoryOf } from "../facts.ts";
import { commandProcesses, commOf, type Process } from "../processes.ts";
import type { Running } from "../shell.ts";
import { uptimeLine } from "./presence.ts";

const TOP_MS = 3000;

/** Everything that runs, the line of which this command is a part included. */
function processesOf(call: Call): readonly Process[] {
  const { shell } = call;
  const { machine } = shell;
  const own = [call.name, ...call.args].join(" ");
  const commands = shell.companions.length > 0 ? shell.companions : [own];
  const first = machine.takePids(shell.nowMs(), commands.length);
  const line = commandProcesses(machine.persona, shell.guest, commands, first, shell.nowMs());
  return [...machine.processes(), ...line];
}

/** Width of a process id's column: as long as the highest that the kernel gives. */
function pidWidth(call: Call): number {
  return /^(?:debian-11|ubuntu-20)/.test(call.shell.machine.persona.release.id) ? 7 : 5;
}

function cpuSeconds(call: Call, one: Process): number {
  const idle = one.rssKb === 0 ? 3 : 60;
  const { persona } = call.shell.machine;
  const busy =
    one.tty !== "?" || /^sshd: \w+@/.test(one.command) ? 0 : persona.pick(`time:${one.pid}`, idle);
  return Math.floor(((call.shell.nowMs() - one.startedMs) / 1000) * (busy / 1e6));
}

function clockOf(seconds: number): string {
  const hours = Math.floor(seconds / 3600);
  return `${two(hours)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

function ps(call: Call): number {
  const { shell } = call;
  const all = processesOf(call);
  if (shell.machine.flavor === "busybox") {
    call.out("  PID USER       VSZ STAT COMMAND\n");
    for (const one of all)
      call.out(
        `${String(one.pid).padStart(5)} ${one.user.padEnd(8)} ${String(one.vszKb > 99_999 ? Math.floor(one.rssKb * 2.5) : one.vszKb).padStart(5)} ${one.state.replace(/[s+]$/, "").padEnd(4)} ${one.command.slice(0, 60)}\n`,
      );
    return 0;
  }
  const chosen = choose(call, all);
  const columns = columnsAsked(call.args);
  if (columns !== null) return custom(call, chosen, columns);
  const letters = call.args.filter((arg) => !arg.startsWith("--")).join("");
  if (/u/.test(letters) && !/-u/.test(letters)) return psUser(call, chosen);
  if (letters.includes("f")) return psFull(call, chosen);
  const width = pidWidth(call);
  const states = /^[aAx]/.test(letters) && !letters.includes("-");
  call.out(
    `${"PID".padStart(width)} TTY      ${states ? "STAT   TIME COMMAND" : "    TIME CMD"}\n`,
  );
  for (const one of chosen) {
    const head = `${String(one.pid).padStart(width)} ${one.tty.padEnd(8)}`;
    const seconds = cpuSeconds(call, one);
    call.out(
      states
        ? `${head} ${one.state.padEnd(4)} ${`${Math.floor(seconds / 60)}:${two(seconds % 60)}`.padStart(6)} ${one.command}\n`
        : `${head} ${clockOf(seconds)} ${commOf(one)}\n`,
    );
  }
  return 0;
}

/** Which processes ps was asked for. */
function choose(call: Call, all: readonly Process[]): readonly Process[] {
  const { values } = optionsOf(call.args, "p:C:u:U:t:o:eAafxlwHj", ["pid", "user", "sort"]);
  const pids = values.get("p") ?? values.get("pid");
  const numbers = call.args.filter((arg) => /^\d+$/.test(arg));
  if (pids !== undefined || numbers.length > 0) {
    const wanted = new Set([...(pids?.split(",") ?? []), ...numbers]);
    return all.filter((one) => wanted.has(String(one.pid)));
  }
  const name = values.get("C");
  if (name !== undefined) return all.filter((one) => commOf(one) === name);
  const user = call.args.some((arg) => arg.startsWith("-"))
    ? (values.get("u") ?? values.get("U") ?? values.get("user"))
    : undefined;
  if (user !== undefined && user !== "") return all.filter((one) => one.user === user);
  const letters = call.args.filter((arg) => !arg.startsWith("--")).join("");
  if (/[Ae]|x/.test(letters)) return all;
  const { tty } = call.shell.seat;
  if (letters.includes("a")) return all.filter((one) => one.tty !== "?");
  return all.filter((one) => tty !== null && one.tty === tty.replace("/dev/", ""));
}

function columnsAsked(args: readonly string[]): readonly string[] | null {
  const at = args.findIndex((arg) => /^-?(?:\w*[^-\w]?)?o$|^-\w*o$/.test(arg));
  const inline = args.find((arg) => /^-o\w/.test(arg))?.slice(2);
  const text = at >= 0 ? args[at + 1] : inline;
  return text === undefined ? null : text.split(/[,\s]+/);
}

function custom(call: Call, processes: readonly Process[], columns: readonly string[]): number {
  const total = call.shell.machine.persona.hardware.memoryKb;
  const valueOf = (one: Process, column: string): string => {
    switch (column.replace(/=.*/, "")) {
      case "pid":
        return String(one.pid).padStart(pidWidth(call));
      case "ppid":
        return String(one.ppid).padStart(pidWidth(call));
      case "user":
        return one.user.slice(0, 8).padEnd(8);
      case "comm":
      case "ucmd":
        return commOf(one).padEnd(15);
      case "%cpu":
      case "pcpu":
        return " 0.0";
      case "%mem":
      case "pmem":
        return ((one.rssKb / total) * 100).toFixed(1).padStart(4);
      case "rss":
        return String(one.rssKb).padStart(5);
      case "vsz":
        return String(one.vszKb).padStart(6);
      case "tty":
        return one.tty.padEnd(8);
      case "stat":
        return one.state.padEnd(4);
      case "etime":
        return String(Math.floor((call.shell.nowMs() - one.startedMs) / 1000)).padStart(11);
      default:
        return one.command;
    }
  };
  if (!columns.every((column) => column.endsWith("="))) {
    const heads = columns.map((column) => {
      const upper = { comm: "COMMAND", cmd: "CMD", args: "COMMAND", pcpu: "%CPU", pmem: "%MEM" };
      return upper[column as keyof typeof upper] ?? column.toUpperCase();
    });
    const sample = processes[0];
    call.out(
      `${heads.map((head, index) => (sample ? fit(head, valueOf(sample, columns[index] ?? "")) : head)).join(" ")}\n`,
    );
  }
  for (const one of processes)
    call.out(
      `${columns
        .map((column) => valueOf(one, column))
        .join(" ")
        .trimEnd()}\n`,
    );
  return 0;
}

function fit(head: string, value: string): string {
  if (value.startsWith(" ")) return head.padStart(value.length);
  return value.endsWith(" ") ? head.padEnd(value.length) : head;
}

function started(call: Call, one: Process): string {
  const recent = call.shell.nowMs() - one.startedMs < 86_400_000;
  const { timeZone } = call.shell.machine.persona;
  return strftime(recent ? "%H:%M" : "%b%d", one.startedMs, timeZone);
}

function psUser(call: Call, processes: readonly Process[]): number {
  const total = call.shell.machine.persona.hardware.memoryKb;
  const width = pidWidth(call);
  call.out(
    `USER     ${"PID".padStart(width)} %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n`,
  );
  for (const one of processes) {
    const seconds = cpuSeconds(call, one);
    const share = ((one.rssKb / total) * 100).toFixed(1);
    call.out(
      `${one.user.slice(0, 8).padEnd(8)} ${String(one.pid).padStart(width)}  0.0 ${share.padStart(4)} ${String(one.vszKb).padStart(6)} ${String(one.rssKb).padStart(5)} ${one.tty.padEnd(8)} ${one.state.padEnd(4)} ${started(call, one)} ${`${Math.floor(seconds / 60)}:${two(seconds % 60)}`.padStart(6)} ${one.command}\n`,
    );
  }
  return 0;
}

function psFull(call: Call, processes: readonly Process[]): number {
  const width = pidWidth(call);
  call.out(
    `UID      ${"PID".padStart(width)} ${"PPID".padStart(width)}  C STIME TTY          TIME CMD\n`,
  );
  for (const one of processes) {
    call.out(
      `${one.user.slice(0, 8).padEnd(8)} ${String(one.pid).padStart(width)} ${String(one.ppid).padStart(width)}  0 ${started(call, one)} ${one.tty.padEnd(8)} ${clockOf(cpuSeconds(call, one))} ${one.command}\n`,
    );
  }
  return 0;
}

function pgrep(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "u:f:x:l:a".replaceAll(":", ""));
  const pattern = operands[0] ?? "";
  const whole = flags.has("f");
  const hits = call.shell.machine
    .processes()
    .filter((one) =>
      call.name === "pidof"
        ? commOf(one) === pattern.split("/").at(-1)
        : flags.has("x")
          ? commOf(one) === pattern
          : (whole ? one.command : commOf(one)).includes(pattern),
    );
  if (hits.length === 0) return 1;
  if (call.name === "pkill") {
    return call.shell.account.uid === 0
      ? 0
      : fail(call, `killing pid ${hits[0]?.pid} failed: Operation not permitted`);
  }
  const line = (one: Process) => {
    if (flags.has("a")) return `${one.pid} ${one.command}`;
    return flags.has("l") ? `${one.pid} ${commOf(one)}` : String(one.pid);
  };
  call.out(
    call.name === "pidof"
      ? `${hits
          .map((one) => one.pid)
          .toReversed()
          .join(" ")}\n`
      : hits.map((one) => `${line(one)}\n`).join(""),
  );
  return 0;
}

function killall(call: Call): number {
  const { operands } = optionsOf(call.args, null);
  let rc = 0;
  for (const name of operands) {
    if (call.shell.machine.processes().some((one) => commOf(one) === name)) continue;
    rc = 1;
    call.err(`${name}: no process found\n`);
  }
  return rc;
}

/** top(1): once in batch mode, else until a key or Ctrl-C ends it. */
function* top(call: Call): Running {
  const batch = call.args.some((arg) => /^-?\w*b/.test(arg)) || !call.terminal;
  if (batch) {
    call.out(topText(call, null));
    return 0;
  }
  for (let key: string | null = null; key !== "q"; ) {
    call.out(`\x1b[H\x1b[2J${topText(call, call.shell.size.rows - 8)}`);
    key = yield { kind: "key", ms: TOP_MS };
  }
  return 0;
}

function topText(call: Call, rows: number | null): string {
  const { shell } = call;
  const memory = memoryOf(shell.machine.persona, shell.nowMs());
  const all = processesOf(call);
  const mb = (kb: number) => (kb / 1024).toFixed(1).padStart(8);
  const used = memory.totalKb - memory.freeKb - memory.cachedKb - memory.buffersKb;
  const head = `top -${uptimeLine(call)}Tasks: ${String(all.length).padStart(3)} total,   1 running, ${String(all.length - 1).padStart(3)} sleeping,   0 stopped,   0 zombie
%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st
MiB Mem : ${mb(memory.totalKb)} total, ${mb(memory.freeKb)} free, ${mb(used)} used, ${mb(memory.buffersKb + memory.cachedKb)} buff/cache
MiB Swap: ${mb(memory.swapTotalKb)} total, ${mb(memory.swapFreeKb)} free, ${mb(memory.swapTotalKb - memory.swapFreeKb)} used. ${mb(memory.availableKb)} avail Mem 

    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
`;
  const shown = rows === null ? all : all.slice(0, Math.max(1, rows));
  const lines = shown.map((one) => {
    const share = ((one.rssKb / memory.totalKb) * 100).toFixed(1);
    const seconds = cpuSeconds(call, one);
    const nice = one.state.includes("<") ? "  0 -20" : " 20   0";
    return `${String(one.pid).padStart(7)} ${one.user.slice(0, 8).padEnd(8)} ${nice} ${String(one.vszKb).padStart(7)} ${String(one.rssKb).padStart(6)} ${String(Math.floor(one.rssKb * 0.7)).padStart(6)} ${one.state.charAt(0)}   0.0 ${share.padStart(5)} ${`${Math.floor(seconds / 60)}:${two(seconds % 60)}.${two(one.pid % 100)}`.padStart(9)} ${commOf(one)}\n`;
  });
  return head + lines.join("");
}

export const TASKS = {
  ps,
  top,
  pgrep,
  pidof: pgrep,
  pkill: pgrep,
  killall,
};
