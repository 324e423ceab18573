import { strftime } from "./dates.ts";
import { loadOf, memoryOf, mountsOf, networkOf } from "./facts.ts";
import type { Machine } from "./machine.ts";
import type { Shell } from "./shell.ts";
import { isFault } from "./tree.ts";

/** What a login shell of this machine shows before its first prompt. */
export function welcome(shell: Shell): string {
  const { machine } = shell;
  if (machine.flavor === "busybox") {
    const version = machine.persona.release.versions["busybox"] ?? "BusyBox v1.27.2";
    return `\n\n${version} built-in shell (ash)\nEnter 'help' for a list of built-in commands.\n\n`;
  }
  const motd = shell.disk.read("/", "/etc/motd");
  const kernel = uname(machine);
  const head = machine.persona.release.osId === "ubuntu" ? ubuntu(machine, shell.nowMs()) : kernel;
  return head + (isFault(motd) ? "" : motd) + lastLogin(shell);
}

/** pam_motd of Debian prints this line; Red Hat's prints nothing. */
function uname(machine: Machine): string {
  const { hostname, release } = machine.persona;
  if (machine.flavor === "redhat") return "";
  return `Linux ${hostname} ${release.kernelRelease} ${release.kernelVersion} ${release.machine}\n`;
}

function ubuntu(machine: Machine, nowMs: number): string {
  const { persona } = machine;
  const { release } = persona;
  const memory = memoryOf(persona, nowMs);
  const root = mountsOf(persona).find((mount) => mount.on === "/");
  const used = 100 - Math.round((memory.availableKb / memory.totalKb) * 100);
  const size = (root?.sizeKb ?? 1) / 1_048_576;
  const disk = (((root?.usedKb ?? 0) / (root?.sizeKb ?? 1)) * 100).toFixed(1);
  const net = networkOf(persona, nowMs);
  const swapped = memory.swapTotalKb - memory.swapFreeKb;
  const swap = memory.swapTotalKb === 0 ? 0 : Math.round((swapped / memory.swapTotalKb) * 100);
  const left = [
    `System load:  ${loadOf(persona, nowMs)[0].toFixed(2)}`,
    `Usage of /:   ${disk}% of ${size.toFixed(2)}GB`,
    `Memory usage: ${used}%`,
    `Swap usage:   ${swap}%`,
  ];
  const right = [
    `Processes:             ${machine.processes().length}`,
    "Users logged in:       0",
    `IPv4 address for ${net.interface}: ${persona.ip}`,
    "",
  ];
  const table = left
    .map((cell, index) => `  ${cell.padEnd(32)}${right[index]}`.trimEnd())
    .join("\n");
  return `Welcome to ${release.prettyName} (GNU/Linux ${release.kernelRelease} ${release.machine})

 * Documentation:  https://help.ubuntu.com
 * Management:     https://landscape.canonical.com
 * Support:        https://ubuntu.com/advantage

  System information as of ${strftime("%a %b %e %T %Z %Y", nowMs, persona.timeZone)}

${table}


0 updates can be applied immediately.

`;
}

function lastLogin({ machine, seat }: Shell): string {
  const { persona } = machine;
  const span = Math.max(1, Math.floor((seat.loginMs - persona.bootedMs) / 3_600_000));
  const atMs =
    persona.bootedMs +
    persona.pick("last.login", span) * 3_600_000 +
    persona.pick("last.second", 3600) * 1000;
  const from = `${persona.ip.split(".").slice(0, 3).join(".")}.${2 + persona.pick("last.from:0", 250)}`;
  return `Last login: ${strftime("%a %b %e %T %Y", Math.min(atMs, seat.loginMs - 60_000), persona.timeZone)} from ${from}\n`;
}
