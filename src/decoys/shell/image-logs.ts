import type { TreeBuilder } from "./builder.ts";
import { strftime } from "./dates.ts";
import { mountsOf, networkOf } from "./facts.ts";
import type { Machine } from "./machine.ts";
import { packagesOf } from "./packages.ts";

const HOUR_MS = 3_600_000;
const HOURS_KEPT = 72;

/** What /var/log holds: dates run from the start of the machine up to the moment of reading. */
export function addLogs(builder: TreeBuilder, machine: Machine): void {
  const { persona, flavor } = machine;
  if (flavor === "busybox") {
    builder.file("/var/log/messages", (nowMs) => kernelLog(machine, nowMs));
    return;
  }
  const own = { mode: 0o640, gid: flavor === "debian" ? 4 : 0, mtimeMs: persona.bootedMs };
  const [auth, system] = flavor === "debian" ? ["auth.log", "syslog"] : ["secure", "messages"];
  builder.file(`/var/log/${auth}`, (nowMs) => authLog(machine, nowMs), own);
  builder.file(`/var/log/${system}`, (nowMs) => systemLog(machine, nowMs), own);
  builder.file("/var/log/dmesg", () => dmesg(machine), own);
  if (flavor === "debian") {
    builder.file("/var/log/dpkg.log", () => packageLog(machine));
    builder.file("/var/log/kern.log", (nowMs) => kernelLog(machine, nowMs), own);
    builder.directory("/var/log/apt");
  }
  builder.file("/var/log/wtmp", "", {
    mode: 0o664,
    gid: 43,
    bytes: 28_800 + persona.pick("wtmp", 90) * 384,
  });
  builder.file("/var/log/btmp", "", {
    mode: 0o660,
    gid: 43,
    bytes: persona.pick("btmp", 900) * 384,
  });
  builder.file("/var/log/lastlog", "", { mode: 0o664, gid: 43, bytes: 292_292 });
  builder.directory("/var/log/journal");
}

function stamp(machine: Machine, atMs: number): string {
  const { persona } = machine;
  return `${strftime("%b %e %H:%M:%S", atMs, persona.timeZone)} ${persona.hostname.split(".")[0]}`;
}

/** Whole hours of the last days, not before the machine started. */
function* hours(machine: Machine, nowMs: number): Generator<number> {
  const from = Math.max(machine.persona.bootedMs, nowMs - HOURS_KEPT * HOUR_MS);
  for (let at = Math.ceil(from / HOUR_MS) * HOUR_MS; at < nowMs; at += HOUR_MS) yield at;
}

function authLog(machine: Machine, nowMs: number): string {
  let log = "";
  for (const hour of hours(machine, nowMs)) {
    const at = hour + 17 * 60_000 + 1000;
    if (at > nowMs) continue;
    const pid = machine.pidAt(at);
    const line = `${stamp(machine, at)} CRON[${pid}]: pam_unix(cron:session): session`;
    log += `${line} opened for user root by (uid=0)\n${line} closed for user root\n`;
  }
  return log;
}

function systemLog(machine: Machine, nowMs: number): string {
  const { persona } = machine;
  let log = "";
  for (const hour of hours(machine, nowMs)) {
    const at = hour + 17 * 60_000 + 1000;
    if (at > nowMs) continue;
    log += `${stamp(machine, at)} CRON[${machine.pidAt(at) + 1}]: (root) CMD (   cd / && run-parts --report /etc/cron.hourly)\n`;
    if (persona.pick(`log:${hour}`, 4) > 0) continue;
    const later = at + persona.pick(`log.minute:${hour}`, 40) * 60_000;
    if (later < nowMs)
      log += `${stamp(machine, later)} systemd[1]: Started Daily apt download activities.\n`;
  }
  return log;
}

function packageLog(machine: Machine): string {
  const { persona } = machine;
  return packagesOf(persona)
    .map(({ name, version, architecture }, index) => {
      const at = strftime("%F %T", persona.installedMs + index * 1700, persona.timeZone);
      return `${at} install ${name}:${architecture} <none> ${version}\n${at} status installed ${name}:${architecture} ${version}\n`;
    })
    .join("");
}

function kernelLog(machine: Machine, nowMs: number): string {
  const { persona } = machine;
  return dmesg(machine)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const seconds = Number(/\[\s*([\d.]+)\]/.exec(line)?.[1] ?? 0);
      const at = Math.min(nowMs, persona.bootedMs + seconds * 1000);
      return `${stamp(machine, at)} kernel: ${line}\n`;
    })
    .join("");
}

/** The kernel's ring buffer since it started. */
export function dmesg(machine: Machine): string {
  const { persona } = machine;
  const { release, hardware } = persona;
  const network = networkOf(persona, persona.bootedMs);
  const rootMount = mountsOf(persona).find((mount) => mount.on === "/");
  const rows =
    machine.flavor === "busybox"
      ? [
          "Booting Linux on physical CPU 0x0",
          `Linux version ${release.kernelRelease} (gcc version ${release.versions["gcc"]}) ${release.kernelVersion}`,
          "CPU: ARMv7 Processor [410fc075] revision 5 (ARMv7), cr=10c5387d",
          `Memory: ${hardware.memoryKb - 5200}K/${hardware.memoryKb}K available`,
          "VFS: Mounted root (squashfs filesystem) readonly on device 31:3.",
          `${network.interface}: link up, 100Mbps full duplex`,
        ]
      : [
          `Linux version ${release.kernelRelease} ${release.kernelVersion}`,
          `Command line: BOOT_IMAGE=/boot/vmlinuz-${release.kernelRelease} root=${rootMount?.device} ro quiet`,
          "x86/fpu: Supporting XSAVE feature 0x001: 'x87 floating point registers'",
          `Memory: ${hardware.memoryKb - 61_000}K/${hardware.memoryKb}K available (14348K kernel code)`,
          `smpboot: CPU0: ${hardware.cpuModel}`,
          `smp: Brought up 1 node, ${hardware.cores} CPUs`,
          `EXT4-fs (${rootMount?.device.replace("/dev/", "")}): mounted filesystem with ordered data mode.`.replace(
            /^EXT4/,
            rootMount?.type === "xfs" ? "XFS" : "EXT4",
          ),
          "systemd[1]: Detected architecture x86-64.",
          `systemd[1]: Set hostname to <${persona.hostname}>.`,
          `${network.interface}: Link is Up - 1Gbps/Full`,
          `IPv6: ADDRCONF(NETDEV_CHANGE): ${network.interface}: link becomes ready`,
        ];
  return rows
    .map((row, index) => {
      const at = index < 2 ? 0 : index * 0.7 + persona.pick(`dmesg:${index}`, 600_000) / 1e6;
      return `[${at.toFixed(6).padStart(12)}] ${row}\n`;
    })
    .join("");
}
