import type { Persona } from "../persona.ts";
import type { Daemon, DaemonProcess } from "./daemons.ts";
import type { Seat } from "./session.ts";

export interface Process {
  readonly pid: number;
  readonly ppid: number;
  readonly user: string;
  readonly tty: string;
  readonly command: string;
  readonly startedMs: number;
  /** Virtual and resident memory. */
  readonly vszKb: number;
  readonly rssKb: number;
  readonly state: string;
}

const KERNEL =
  "kthreadd rcu_gp rcu_par_gp kworker/0:0H-kblockd mm_percpu_wq ksoftirqd/0 rcu_sched migration/0 cpuhp/0 kdevtmpfs netns kauditd khungtaskd oom_reaper writeback kcompactd0 ksmd khugepaged kintegrityd kblockd md edac-poller devfreq_wq watchdogd kswapd0 kthrotld ipv6_addrconf kstrp scsi_eh_0 scsi_tmf_0 kworker/0:1H-kblockd".split(
    " ",
  );

/** A daemon with its processes, main one first. */
export interface RunningDaemon extends Daemon {
  readonly running: readonly Process[];
}

export const isDevice = (persona: Persona) => persona.release.osId === "buildroot";

/** The kernel's threads and init: what runs before any daemon. */
export function firstProcesses(persona: Persona): readonly Process[] {
  const device = isDevice(persona);
  const init = device
    ? "init"
    : persona.release.osId === "centos"
      ? "/usr/lib/systemd/systemd --switched-root --system --deserialize 22"
      : "/sbin/init";
  const rssKb = device ? 520 : 10_240 + persona.pick("init.rss", 2500);
  const all: Process[] = [
    { ...process(persona, 1, 0, { user: "root", command: init, rssKb }, 0), state: "Ss" },
  ];
  let pid = 2;
  for (const name of device ? KERNEL.slice(0, 16) : KERNEL) {
    const thread = { user: "root", command: `[${name}]`, rssKb: 0 };
    const idle = name.startsWith("kworker") || name.endsWith("_wq") || name.startsWith("rcu_");
    all.push({
      ...process(persona, pid, pid === 2 ? 0 : 2, thread, 0),
      state: idle ? "I<" : "S",
    });
    pid += 1 + persona.pick(`kernel.${name}`, 3);
  }
  return all;
}

/** Gives the daemons their processes: the same numbers on every port that tells of one. */
export function startDaemons(
  persona: Persona,
  daemons: readonly Daemon[],
): readonly RunningDaemon[] {
  const device = isDevice(persona);
  let pid = device ? 90 + persona.pick("pid", 60) : 280 + persona.pick("pid", 120);
  return daemons.map((daemon, index) => {
    let parent = 1;
    const running = daemon.processes.map((one, place) => {
      // Children are forked at once, daemons when their turn comes.
      pid += 1 + (place > 0 ? 0 : persona.pick(`daemon.${index}`, device ? 12 : 60));
      const share = 0.9 + persona.pick(`rss.${index}.${place}`, 20) / 100;
      const made = process(
        persona,
        pid,
        parent,
        { ...one, rssKb: Math.floor(one.rssKb * share) },
        4000 + index * 700,
      );
      if (place > 0) return made;
      parent = pid;
      return { ...made, state: "Ss" };
    });
    return { ...daemon, running };
  });
}

/** Name of a process as the kernel keeps it, 15 bytes at most (proc(5), `comm`). */
export function commOf({ command }: Pick<Process, "command">): string {
  const bare = command.startsWith("[") ? command.slice(1, -1) : (command.split(" ")[0] ?? "");
  const file = command.startsWith("[") ? bare : (bare.split("/").at(-1) ?? bare);
  return file.replace(/:$/, "").replace(/^-/, "").slice(0, 15);
}

function process(
  persona: Persona,
  pid: number,
  ppid: number,
  { user, command, rssKb }: DaemonProcess,
  afterMs: number,
): Process {
  return {
    pid,
    ppid,
    user,
    tty: command.includes("tty1 ") ? "tty1" : "?",
    command,
    startedMs: persona.bootedMs + afterMs,
    vszKb: rssKb === 0 ? 0 : rssKb * 3 + persona.pick(`vsz.${pid}`, 90_000),
    rssKb,
    state: "S",
  };
}

/** Somebody who is logged in. */
export interface Guest {
  readonly seat: Seat;
  /** Of the login shell. */
  readonly pid: number;
  readonly shellName: string;
}

/** What a login runs: the server's process for it, then its shell. */
export function guestProcesses(
  persona: Persona,
  daemons: readonly RunningDaemon[],
  { seat, pid, shellName }: Guest,
): readonly Process[] {
  const tty = seat.tty?.replace("/dev/", "") ?? "?";
  const make = (id: number, parent: number, user: string, command: string, rssKb: number) => ({
    ...process(persona, id, parent, { user, command, rssKb }, seat.loginMs - persona.bootedMs),
    state: "Ss",
  });
  const login = { ...make(pid, pid - 1, seat.user, shellName, 4960), tty };
  const server = daemons.find(({ units }) =>
    units.some((unit) => (seat.service === "ssh" ? unit === "sshd" : /telnetd|inetd/.test(unit))),
  );
  const listener = server?.running[0]?.pid ?? 1;
  if (seat.service === "telnet") {
    if (isDevice(persona)) return [{ ...login, ppid: listener }];
    return [
      make(pid - 2, listener, "telnetd", `in.telnetd: ${seat.fromIp}`, 2240),
      { ...make(pid - 1, pid - 2, "root", `login -h ${seat.fromIp} -p`, 3840), tty },
      login,
    ];
  }
  const title = `sshd: ${seat.user}@${seat.tty === null ? "notty" : tty}`;
  // Root needs no process without privileges beside the one that has them.
  if (seat.user === "root") return [make(pid - 1, listener, "root", title, 8960), login];
  return [
    make(pid - 7, listener, "root", `sshd: ${seat.user} [priv]`, 8960),
    make(pid - 1, pid - 7, seat.user, title, 5980),
    login,
  ];
}

/** The commands of the line that runs, each a process of the session's own. */
export function commandProcesses(
  persona: Persona,
  { seat, pid }: Guest,
  commands: readonly string[],
  firstPid: number,
  nowMs: number,
): readonly Process[] {
  const tty = seat.tty?.replace("/dev/", "") ?? "?";
  return commands.map((command, index) => ({
    ...process(
      persona,
      firstPid + index,
      pid,
      { user: seat.user, command, rssKb: command.startsWith("ps") ? 3320 : 820 },
      nowMs - persona.bootedMs,
    ),
    tty,
    state: command.startsWith("ps") ? "R+" : "S+",
  }));
}
