import { type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import { memoryOf } from "../facts.ts";
import { type Process, sessionProcesses } from "../processes.ts";
import { uptimeLine } from "./identity.ts";

function processesOf(call: Call): Process[] {
  const { shell } = call;
  const { machine, seat } = shell;
  const command = [call.name, ...call.args].join(" ");
  const name = machine.flavor === "busybox" ? "-sh" : "-bash";
  return [
    ...machine.processes,
    ...sessionProcesses(machine.persona, seat, name, shell.pid, command, shell.nowMs()),
  ];
}

function ps(call: Call): number {
  const { shell } = call;
  const { machine } = shell;
  const now = shell.nowMs();
  const words = call.args.join(" ").replaceAll("-", "");
  const all = processesOf(call);
  if (machine.flavor === "busybox") {
    call.out("  PID USER       VSZ STAT COMMAND\n");
    for (const one of all)
      call.out(
        `${String(one.pid).padStart(5)} ${one.user.padEnd(8)} ${String(one.vszKb > 99_999 ? Math.floor(one.rssKb * 2.5) : one.vszKb).padStart(5)} ${one.state.slice(0, 2).padEnd(4)} ${one.command.slice(0, 60)}\n`,
      );
    return 0;
  }
  const started = (one: Process) =>
    strftime(
      now - one.startedMs < 86_400_000 ? "%H:%M" : "%b%d",
      one.startedMs,
      machine.persona.timeZone,
    );
  const cpuTime = (one: Process) => {
    const idle = one.rssKb === 0 ? 3 : 60;
    const busy =
      one.tty !== "?" || one.command.startsWith("sshd: ")
        ? 0
        : machine.persona.pick(`time:${one.pid}`, idle);
    const seconds = Math.floor(((now - one.startedMs) / 1000) * (busy / 1e6));
    return { minutes: Math.floor(seconds / 60), seconds: seconds % 60 };
  };
  const two = (value: number) => String(value).padStart(2, "0");
  if (words.includes("u")) {
    call.out("USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n");
    for (const one of all) {
      const time = cpuTime(one);
      const share = ((one.rssKb / machine.persona.hardware.memoryKb) * 100).toFixed(1);
      call.out(
        `${one.user.slice(0, 8).padEnd(8)} ${String(one.pid).padStart(7)}  0.0 ${share.padStart(4)} ${String(one.vszKb).padStart(6)} ${String(one.rssKb).padStart(5)} ${one.tty.padEnd(8)} ${one.state.padEnd(4)} ${started(one)} ${`${time.minutes}:${two(time.seconds)}`.padStart(6)} ${one.command}\n`,
      );
    }
    return 0;
  }
  if (words.includes("f")) {
    call.out("UID          PID    PPID  C STIME TTY          TIME CMD\n");
    for (const one of all) {
      const time = cpuTime(one);
      call.out(
        `${one.user.slice(0, 8).padEnd(8)} ${String(one.pid).padStart(7)} ${String(one.ppid).padStart(7)}  0 ${started(one)} ${one.tty.padEnd(8)} 00:${two(time.minutes)}:${two(time.seconds)} ${one.command}\n`,
      );
    }
    return 0;
  }
  const everyone = /[aAex]/.test(words);
  const tty = shell.seat.tty?.replace("/dev/", "") ?? "?";
  call.out("    PID TTY          TIME CMD\n");
  for (const one of everyone ? all : all.filter((each) => each.tty === tty && tty !== "?")) {
    const name =
      one.command
        .replace(/^\[|\]$/g, "")
        .split(/[ :]/)[0]
        ?.split("/")
        .at(-1)
        ?.replace(/^-/, "") ?? "";
    call.out(
      `${String(one.pid).padStart(7)} ${one.tty.padEnd(8)} 00:00:${two(cpuTime(one).seconds)} ${name.slice(0, 15)}\n`,
    );
  }
  return 0;
}

function pgrep(call: Call): number {
  const { flags, operands } = optionsOf(call.args, null);
  const pattern = operands[0] ?? "";
  const hits = call.shell.machine.processes.filter((one) =>
    call.name === "pidof"
      ? one.command.split(" ")[0]?.split("/").at(-1)?.replace(/:$/, "") === pattern
      : one.command.includes(pattern),
  );
  if (hits.length === 0) return 1;
  if (call.name === "pkill" || call.name === "killall") {
    return call.shell.account.uid === 0
      ? 0
      : fail(call, `killing pid ${hits[0]?.pid} failed: Operation not permitted`);
  }
  const line = (one: Process) =>
    flags.has("l") || flags.has("a") ? `${one.pid} ${one.command}` : String(one.pid);
  call.out(
    call.name === "pidof"
      ? `${hits.map((one) => one.pid).join(" ")}\n`
      : hits.map((one) => `${line(one)}\n`).join(""),
  );
  return 0;
}

function killall(call: Call): number {
  const { operands } = optionsOf(call.args, null);
  const name = operands[0] ?? "";
  const known = call.shell.machine.processes.some(
    (one) => one.command.split(/[ :]/)[0]?.split("/").at(-1) === name,
  );
  if (!known) return fail(call, `${name}: no process found`.replace(/^: /, ""));
  return 0;
}

function top(call: Call): number {
  const { shell } = call;
  const memory = memoryOf(shell.machine.persona, shell.nowMs());
  call.out(
    `top -${uptimeLine(call)}Tasks: ${String(shell.machine.processes.length + 4).padStart(3)} total,   1 running, ${shell.machine.processes.length + 3} sleeping,   0 stopped,   0 zombie\n`,
  );
  call.out("%Cpu(s):  0.3 us,  0.3 sy,  0.0 ni, 99.3 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st\n");
  const mb = (kb: number) => (kb / 1024).toFixed(1).padStart(8);
  call.out(
    `MiB Mem : ${mb(memory.totalKb)} total, ${mb(memory.freeKb)} free, ${mb(memory.totalKb - memory.freeKb - memory.cachedKb)} used, ${mb(memory.buffersKb + memory.cachedKb)} buff/cache\n\n`,
  );
  call.out("    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND\n");
  for (const one of shell.machine.processes.slice(0, 20)) {
    const share = ((one.rssKb / memory.totalKb) * 100).toFixed(1);
    call.out(
      `${String(one.pid).padStart(7)} ${one.user.slice(0, 8).padEnd(8)}  20   0 ${String(one.vszKb).padStart(7)} ${String(one.rssKb).padStart(6)} ${String(Math.floor(one.rssKb * 0.7)).padStart(6)} S   0.0 ${share.padStart(5)}   0:00.0${one.pid % 10} ${one.command
        .replace(/^\[|\]$/g, "")
        .split(/[ :]/)[0]
        ?.split("/")
        .at(-1)}\n`,
    );
  }
  return 0;
}

export const TASKS = {
  ps,
  top,
  htop: top,
  pgrep,
  pidof: pgrep,
  pkill: pgrep,
  killall,
};
