import { mountsText } from "./facts.ts";
import type { Machine } from "./machine.ts";
import { commOf, type Guest, guestProcesses, type Process } from "./processes.ts";
import { procNet } from "./sockets.ts";
import type { Entry, Meta, RegularFile } from "./tree.ts";

/** /proc as a login sees it: with its own processes, and the sockets of the moment. */
export function sessionProc(machine: Machine, guest: Guest): Entry | null {
  const proc = machine.root().children.get("proc");
  if (proc?.kind !== "directory") return null;
  const { loginMs } = guest.seat;
  const children = new Map(proc.children);
  const own = guestProcesses(machine.persona, machine.daemons, guest);
  for (const process of own) {
    children.set(String(process.pid), processDirectory(machine, process, loginMs));
  }
  children.set("self", linkTo(String(guest.pid), loginMs));
  const net = proc.children.get("net");
  const families = machine.flavor === "busybox" ? ([4] as const) : ([4, 6] as const);
  const sockets = (["tcp", "udp"] as const).flatMap((protocol) =>
    families.map((family): [string, Entry] => [
      family === 6 ? `${protocol}6` : protocol,
      file(() => procNet(machine, protocol, family), loginMs),
    ]),
  );
  if (net?.kind === "directory") {
    children.set("net", { ...net, children: new Map([...net.children, ...sockets]) });
  }
  return { ...proc, children };
}

const meta = (mtimeMs: number): Meta => ({ mode: 0o444, uid: 0, gid: 0, mtimeMs });

function file(content: RegularFile["content"], mtimeMs: number): Entry {
  return { kind: "file", ...meta(mtimeMs), content, bytes: 0, program: null };
}

const linkTo = (target: string, mtimeMs: number): Entry => ({
  kind: "link",
  ...meta(mtimeMs),
  mode: 0o777,
  target,
});

function processDirectory(machine: Machine, process: Process, atMs: number): Entry {
  const { persona, flavor } = machine;
  const { pid, ppid, command, rssKb } = process;
  const name = commOf(process);
  const shell = flavor === "busybox" ? "/bin/busybox" : "/usr/bin/bash";
  const ticks = Math.floor((process.startedMs - persona.bootedMs) / 10);
  const texts: readonly [string, string][] = [
    ["cmdline", `${command.replaceAll(" ", "\0")}\0`],
    ["comm", `${name}\n`],
    ["environ", ""],
    ["mounts", mountsText(persona)],
    [
      "stat",
      `${pid} (${name}) S ${ppid} ${pid} ${pid} 34816 ${pid} 4194304 1124 5210 0 0 1 1 3 2 20 0 1 0 ${ticks} ${process.vszKb * 1024} ${Math.floor(rssKb / 4)} 18446744073709551615\n`,
    ],
    [
      "status",
      `Name:\t${name}\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t${pid}\nNgid:\t0\nPid:\t${pid}\nPPid:\t${ppid}\nTracerPid:\t0\nVmSize:\t${String(process.vszKb).padStart(8)} kB\nVmRSS:\t${String(rssKb).padStart(8)} kB\nThreads:\t1\n`,
    ],
  ];
  const children = new Map<string, Entry>(texts.map(([path, text]) => [path, file(text, atMs)]));
  children.set("exe", linkTo(/^-|sh$/.test(command) ? shell : "/usr/sbin/sshd", atMs));
  return { kind: "directory", ...meta(atMs), mode: 0o555, children };
}
