import { type Call, fail, optionsOf } from "../call.ts";
import { strftime } from "../dates.ts";
import { memoryOf, mountsOf } from "../facts.ts";
import { dmesg } from "../image-logs.ts";
import type { Running } from "../shell.ts";
import { isFault } from "../tree.ts";
import { humanSize } from "./listing.ts";
import { uptimeLine } from "./presence.ts";

const MAX_SLEEP_MS = 3_600_000;

function uname(call: Call): number {
  const { persona } = call.shell.machine;
  const { release } = persona;
  const { flags, unknown } = optionsOf(call.args, "asnrvmpio");
  if (unknown !== null)
    return fail(call, `invalid option -- '${unknown}'\nTry 'uname --help' for more information.`);
  const device = call.shell.machine.flavor === "busybox";
  const platform = device ? [] : [release.machine, release.machine];
  const fields: [string, string][] = [
    ["s", "Linux"],
    ["n", persona.hostname],
    ["r", release.kernelRelease],
    ["v", release.kernelVersion],
    ["m", release.machine],
    ...(call.shell.machine.persona.release.osId === "debian"
      ? []
      : platform.map((value, index): [string, string] => ["pi".charAt(index), value])),
    ["o", "GNU/Linux"],
  ];
  const all = flags.has("a") || flags.has("all");
  const shown = fields.filter(
    ([letter]) => all || flags.has(letter) || (flags.size === 0 && letter === "s"),
  );
  const unknowns = [...flags]
    .filter((flag) => "pi".includes(flag) && !fields.some(([letter]) => letter === flag))
    .map(() => "unknown");
  call.out(`${[...shown.map(([, value]) => value), ...unknowns].join(" ")}\n`);
  return 0;
}

function free(call: Call): number {
  const { flags } = optionsOf(call.args, null);
  const memory = memoryOf(call.shell.machine.persona, call.shell.nowMs());
  const cache = memory.buffersKb + memory.cachedKb;
  const used = memory.totalKb - memory.freeKb - cache;
  const show = (kb: number) => {
    if (flags.has("h")) return `${humanSize(kb * 1024)}i`.replace(/^0i$/, "0B").padStart(11);
    const scale = flags.has("m")
      ? 1024
      : flags.has("g")
        ? 1_048_576
        : flags.has("b")
          ? 1 / 1024
          : 1;
    return String(Math.floor(kb / scale)).padStart(11);
  };
  const row = (name: string, values: readonly number[]) =>
    `${name.padEnd(8)}${values
      .map((value) => ` ${show(value)}`)
      .join("")
      .slice(0)}\n`;
  call.out("               total        used        free      shared  buff/cache   available\n");
  call.out(
    row("Mem:", [memory.totalKb, used, memory.freeKb, memory.sharedKb, cache, memory.availableKb]),
  );
  call.out(
    row("Swap:", [memory.swapTotalKb, memory.swapTotalKb - memory.swapFreeKb, memory.swapFreeKb]),
  );
  return 0;
}

function df(call: Call): number {
  const { flags, operands } = optionsOf(call.args, "ahHiklmPTx:t:");
  const mounts = mountsOf(call.shell.machine.persona).filter((mount) => mount.sizeKb !== null);
  const shown = operands.length === 0 ? mounts : mounts.filter((mount) => mount.on === "/");
  for (const path of operands) {
    const entry = call.shell.disk.stat(call.shell.cwd, path);
    if (isFault(entry)) return fail(call, `${path}: ${entry.fault}`);
  }
  const human = flags.has("h") || flags.has("H");
  const size = (kb: number) =>
    human ? humanSize(kb * 1024) : String(flags.has("m") ? Math.ceil(kb / 1024) : kb);
  const width = Math.max(10, ...shown.map((mount) => mount.device.length));
  const type = flags.has("T");
  const unit = human ? " Size  Used Avail Use%" : "1K-blocks    Used Available Use%";
  call.out(
    `${"Filesystem".padEnd(width)} ${type ? "Type     " : ""}${human ? unit : unit.padStart(unit.length + 1)} Mounted on\n`,
  );
  for (const { device, on, sizeKb, usedKb, type: kind } of shown) {
    const total = sizeKb ?? 0;
    const available = Math.max(
      0,
      Math.floor((total - usedKb) * (on === "/" && kind === "ext4" ? 0.95 : 1)),
    );
    const use = usedKb === 0 ? 0 : Math.ceil((usedKb / (usedKb + available)) * 100);
    const cells = human
      ? `${size(total).padStart(5)} ${size(usedKb).padStart(5)} ${size(available).padStart(5)} ${`${use}%`.padStart(4)}`
      : `${size(total).padStart(10)} ${size(usedKb).padStart(7)} ${size(available).padStart(9)} ${`${use}%`.padStart(4)}`;
    call.out(`${device.padEnd(width)} ${type ? kind.padEnd(8) + " " : ""}${cells} ${on}\n`);
  }
  return 0;
}

function mount(call: Call): number {
  const { operands } = optionsOf(call.args, null);
  if (operands.length > 0) {
    return call.shell.account.uid === 0
      ? fail(call, `${operands.at(-1)}: mount point does not exist.`, 32)
      : fail(call, "only root can do that", 32);
  }
  for (const one of mountsOf(call.shell.machine.persona))
    call.out(`${one.device} on ${one.on} type ${one.type} (${one.options})\n`);
  return 0;
}

function lscpu(call: Call): number {
  const { hardware, release } = call.shell.machine.persona;
  const vendor = hardware.cpuModel.includes("AMD") ? "AuthenticAMD" : "GenuineIntel";
  const rows: [string, string | number][] = [
    ["Architecture", release.machine],
    ["CPU op-mode(s)", release.machine === "x86_64" ? "32-bit, 64-bit" : "32-bit"],
    ["Byte Order", "Little Endian"],
    ["CPU(s)", hardware.cores],
    ["On-line CPU(s) list", hardware.cores > 1 ? `0-${hardware.cores - 1}` : 0],
    ["Thread(s) per core", 1],
    ["Core(s) per socket", hardware.cores],
    ["Socket(s)", 1],
    ["NUMA node(s)", 1],
    ["Vendor ID", vendor],
    ["CPU family", vendor === "AuthenticAMD" ? 23 : 6],
    ["Model", vendor === "AuthenticAMD" ? 1 : 85],
    ["Model name", hardware.cpuModel],
    ["Stepping", 4],
    ["Virtualization type", "full"],
    ["L1d cache", "32K"],
    ["L1i cache", "32K"],
    ["L2 cache", "1024K"],
    ["L3 cache", "16384K"],
  ];
  for (const [name, value] of rows) call.out(`${`${name}:`.padEnd(33)}${value}\n`);
  return 0;
}

function lsblk(call: Call): number {
  const { persona } = call.shell.machine;
  const device = mountsOf(persona).find((one) => one.on === "/")?.device ?? "/dev/sda1";
  const disk = device.startsWith("/dev/mapper")
    ? "sda"
    : device.replace("/dev/", "").replace(/\d+$/, "");
  const size = humanSize(persona.hardware.diskKb * 1024);
  const number = persona.hardware.diskKb > 300_000_000 ? "8:0 " : "8:0 ";
  call.out(
    `NAME MAJ:MIN RM  SIZE RO TYPE MOUNTPOINT\n${disk.padEnd(6)} ${number}   0 ${size.padStart(5)}  0 disk \n`,
  );
  call.out(
    `\xe2\x94\x94\xe2\x94\x80${device.split("/").at(-1)?.padEnd(4)} 8:1    0 ${size.padStart(5)}  0 part /\n`,
  );
  return 0;
}

function date(call: Call): number {
  const { shell } = call;
  const { persona, language } = shell.machine;
  const { flags, values, operands } = optionsOf(call.args, "d:uRs:I", ["date"]);
  const zone = flags.has("u") ? "UTC" : persona.timeZone;
  const given = values.get("d") ?? values.get("date");
  const at =
    given === undefined
      ? shell.nowMs()
      : given.startsWith("@")
        ? Number(given.slice(1)) * 1000
        : given === "now"
          ? shell.nowMs()
          : Date.parse(given);
  if (!Number.isFinite(at) || Math.abs(at) > 8.64e15) return fail(call, `invalid date '${given}'`);
  if (flags.has("s")) return fail(call, "cannot set date: Operation not permitted");
  const english =
    language.startsWith("en_US") && /^(debian-1[01]|ubuntu-20|almalinux)/.test(persona.release.id);
  const usual = english ? "%a %d %b %Y %I:%M:%S %p %Z" : "%a %b %e %H:%M:%S %Z %Y";
  const format = operands[0]?.startsWith("+")
    ? operands[0].slice(1)
    : flags.has("R")
      ? "%a, %d %b %Y %T %z"
      : flags.has("I")
        ? "%F"
        : usual;
  call.out(`${strftime(format, at, zone)}\n`);
  return 0;
}

function hostname(call: Call): number {
  const { persona } = call.shell.machine;
  const { flags, operands } = optionsOf(call.args, null);
  if (operands.length > 0)
    return call.shell.account.uid === 0
      ? 0
      : fail(call, "you must be root to change the host name");
  const short = persona.hostname.split(".")[0] ?? "";
  if (flags.has("I") || flags.has("i")) call.out(`${persona.ip} \n`);
  else if (flags.has("f") || flags.has("fqdn")) call.out(`${short}.${persona.domain}\n`);
  else if (flags.has("d")) call.out(`${persona.domain}\n`);
  else call.out(`${flags.has("s") ? short : persona.hostname}\n`);
  return 0;
}

function* sleep(call: Call): Running {
  const total = call.args.reduce((sum, arg) => {
    const match = /^(\d*\.?\d+)([smhd]?)$/.exec(arg);
    const scale = { m: 60, h: 3600, d: 86_400 }[match?.[2] ?? ""] ?? 1;
    return match === null ? Number.NaN : sum + Number(match[1]) * scale;
  }, 0);
  if (call.args.length === 0)
    return fail(call, "missing operand\nTry 'sleep --help' for more information.");
  if (Number.isNaN(total))
    return fail(
      call,
      `invalid time interval '${call.args[0]}'\nTry 'sleep --help' for more information.`,
    );
  yield {
    kind: "sleep",
    ms: Math.min(total * (call.name === "usleep" ? 0.001 : 1000), MAX_SLEEP_MS),
  };
  return 0;
}

export const SYSTEM = {
  uname,
  arch: (call: Call) => {
    call.out(`${call.shell.machine.persona.release.machine}\n`);
    return 0;
  },
  hostname,
  uptime(call: Call): number {
    call.out(uptimeLine(call));
    return 0;
  },
  free,
  df,
  mount,
  umount: (call: Call) => fail(call, `${call.args.at(-1) ?? ""}: not mounted.`, 32),
  lscpu,
  lsblk,
  lsmod(call: Call): number {
    call.out("Module                  Size  Used by\n");
    return 0;
  },
  nproc(call: Call): number {
    call.out(`${call.shell.machine.persona.hardware.cores}\n`);
    return 0;
  },
  getconf(call: Call): number {
    call.out(
      call.args[0] === "LONG_BIT"
        ? call.shell.machine.persona.release.machine === "x86_64"
          ? "64\n"
          : "32\n"
        : `${call.shell.machine.persona.hardware.cores}\n`,
    );
    return 0;
  },
  date,
  dmesg(call: Call): number {
    call.out(dmesg(call.shell.machine));
    return 0;
  },
  sleep,
  usleep: sleep,
  printenv(call: Call): number {
    if (call.args[0] === undefined) {
      for (const [name, value] of call.shell.environment()) call.out(`${name}=${value}\n`);
      return 0;
    }
    const value = call.shell.variables.get(call.args[0]);
    if (value === undefined) return 1;
    call.out(`${value}\n`);
    return 0;
  },
};
