import type { TreeBuilder } from "./builder.ts";
import { loadOf, memoryOf, mountsOf, networkOf } from "./facts.ts";
import type { Machine } from "./machine.ts";
import { commOf } from "./processes.ts";

/** /proc, /sys and /dev, as far as visitors read them. */
export function addKernelFiles(builder: TreeBuilder, machine: Machine): void {
  const { persona } = machine;
  const { release, hardware } = persona;
  const own = { mode: 0o444, bytes: 0 };
  const proc = (name: string, content: string | ((nowMs: number) => string)) =>
    builder.file(`/proc/${name}`, content, own);
  const gcc = release.versions["gcc"] ?? "8.3.0";
  proc(
    "version",
    `Linux version ${release.kernelRelease} (${builderOf(machine)}) (gcc version ${gcc}) ${release.kernelVersion}\n`,
  );
  proc("cpuinfo", cpuinfo(machine));
  proc("meminfo", (nowMs) => meminfo(machine, nowMs));
  proc("uptime", (nowMs) => {
    const up = Math.max(0, nowMs - persona.bootedMs) / 1000;
    return `${up.toFixed(2)} ${(up * hardware.cores * 0.97).toFixed(2)}\n`;
  });
  proc(
    "loadavg",
    (nowMs) =>
      `${loadOf(persona, nowMs)
        .map((load) => load.toFixed(2))
        .join(" ")} 1/${machine.processes().length} ${machine.pidAt(nowMs)}\n`,
  );
  builder.link("/proc/mounts", "self/mounts");
  proc(
    "cmdline",
    machine.flavor === "busybox"
      ? "mem=64M console=ttyAMA0,115200 root=/dev/mtdblock3 rootfstype=squashfs\n"
      : `BOOT_IMAGE=/boot/vmlinuz-${release.kernelRelease} root=${mountsOf(persona).find((mount) => mount.on === "/")?.device} ro quiet\n`,
  );
  proc(
    "filesystems",
    "nodev\tsysfs\nnodev\ttmpfs\nnodev\tproc\nnodev\tdevtmpfs\n\text4\n\tsquashfs\n",
  );
  proc("stat", (nowMs) => {
    const ticks = Math.floor((nowMs - persona.bootedMs) / 10);
    return `cpu  ${Math.floor(ticks * 0.02)} 0 ${Math.floor(ticks * 0.01)} ${Math.floor(ticks * 0.96 * hardware.cores)} 0 0 0 0 0 0\nbtime ${Math.floor(persona.bootedMs / 1000)}\nprocesses ${machine.pidAt(nowMs)}\n`;
  });
  const network = networkOf(persona, persona.bootedMs);
  proc("net/dev", (nowMs) => {
    const now = networkOf(persona, nowMs);
    return `Inter-|   Receive                                                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0\n${now.interface.padStart(6)}: ${now.rxBytes} ${now.rxPackets}    0    0    0     0          0         0 ${now.txBytes} ${now.txPackets}    0    0    0     0       0          0\n`;
  });
  const hex = (ip: string) =>
    ip
      .split(".")
      .toReversed()
      .map((part) => Number(part).toString(16).padStart(2, "0"))
      .join("")
      .toUpperCase();
  proc(
    "net/route",
    `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n${network.interface}\t00000000\t${hex(network.gateway)}\t0003\t0\t0\t0\t00000000\t0\t0\t0\n${network.interface}\t${hex(`${network.subnet}.0`)}\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`,
  );
  const gatewayMac = [
    persona.macAddress.slice(0, 8),
    ...(persona.secret("gateway").toString("hex").slice(0, 6).match(/../g) ?? []),
  ].join(":");
  proc(
    "net/arp",
    `IP address       HW type     Flags       HW address            Mask     Device\n${network.gateway.padEnd(16)} 0x1         0x2         ${gatewayMac}     *        ${network.interface}\n`,
  );
  proc("sys/kernel/hostname", `${persona.hostname}\n`);
  proc("sys/kernel/osrelease", `${release.kernelRelease}\n`);
  proc("sys/kernel/random/boot_id", `${uuid(persona.secret("boot-id"))}\n`);
  for (const process of machine.standing) {
    const { pid, command, rssKb } = process;
    const name = commOf(process);
    const kernel = command.startsWith("[");
    proc(`${pid}/cmdline`, kernel ? "" : `${command.replaceAll(" ", "\0")}\0`);
    proc(`${pid}/comm`, `${name}\n`);
    proc(
      `${pid}/status`,
      `Name:\t${name}\nState:\tS (sleeping)\nTgid:\t${pid}\nPid:\t${pid}\nVmRSS:\t${String(rssKb).padStart(8)} kB\nThreads:\t1\n`,
    );
    builder.directory(`/proc/${pid}`, { mode: 0o555 });
    if (!kernel && command.startsWith("/"))
      builder.link(`/proc/${pid}/exe`, command.split(" ")[0] ?? "");
  }
  for (const name of ["proc/net", "proc/sys"]) builder.directory(`/${name}`, { mode: 0o555 });
  builder.file("/sys/class/net/lo/address", "00:00:00:00:00:00\n", own);
  builder.file(`/sys/class/net/${network.interface}/address`, `${persona.macAddress}\n`, own);
  addDevices(builder, machine);
}

function addDevices(builder: TreeBuilder, machine: Machine): void {
  const nodes: readonly [string, number, number, number][] = [
    ["null", 1, 3, 0o666],
    ["zero", 1, 5, 0o666],
    ["full", 1, 7, 0o666],
    ["random", 1, 8, 0o666],
    ["urandom", 1, 9, 0o666],
    ["mem", 1, 1, 0o640],
    ["tty", 5, 0, 0o666],
    ["console", 5, 1, 0o600],
    ["ptmx", 5, 2, 0o666],
    ["tty0", 4, 0, 0o620],
    ["tty1", 4, 1, 0o620],
    ["pts/0", 136, 0, 0o620],
    ["pts/1", 136, 1, 0o620],
    ["watchdog", 10, 130, 0o600],
  ];
  for (const [name, major, minor, mode] of nodes)
    builder.device(`/dev/${name}`, "c", major, minor, mode);
  for (const mount of mountsOf(machine.persona)) {
    if (!mount.device.startsWith("/dev/") || mount.device === "/dev/root") continue;
    builder.device(mount.device, "b", 8, mount.on === "/" ? 1 : 4);
  }
  builder.link("/dev/fd", "/proc/self/fd");
}

function builderOf(machine: Machine): string {
  switch (machine.persona.release.osId) {
    case "debian":
      return "debian-kernel@lists.debian.org";
    case "ubuntu":
      return "buildd@lcy02-amd64-044";
    case "buildroot":
      return "build@localhost";
    default:
      return "mockbuild@kbuilder.bsys.centos.org";
  }
}

function cpuinfo(machine: Machine): string {
  const { hardware, release } = machine.persona;
  const bogo = (1 + machine.persona.pick("bogomips", 90) / 100) * 2400;
  const one = (core: number) =>
    release.machine === "x86_64"
      ? `processor\t: ${core}
vendor_id\t: ${hardware.cpuModel.includes("AMD") ? "AuthenticAMD" : "GenuineIntel"}
cpu family\t: ${hardware.cpuModel.includes("AMD") ? 23 : 6}
model\t\t: ${hardware.cpuModel.includes("AMD") ? 1 : 85}
model name\t: ${hardware.cpuModel}
stepping\t: 4
microcode\t: 0x1
cpu MHz\t\t: ${(bogo / 2).toFixed(3)}
cache size\t: 16384 KB
physical id\t: 0
siblings\t: ${hardware.cores}
core id\t\t: ${core}
cpu cores\t: ${hardware.cores}
apicid\t\t: ${core}
initial apicid\t: ${core}
fpu\t\t: yes
fpu_exception\t: yes
cpuid level\t: 13
wp\t\t: yes
flags\t\t: fpu vme de pse tsc msr pae mce cx8 apic sep mtrr pge mca cmov pat pse36 clflush mmx fxsr sse sse2 ss ht syscall nx pdpe1gb rdtscp lm constant_tsc rep_good nopl xtopology cpuid pni pclmulqdq ssse3 fma cx16 pcid sse4_1 sse4_2 x2apic movbe popcnt aes xsave avx f16c rdrand hypervisor lahf_lm abm 3dnowprefetch bmi1 avx2 bmi2
bugs\t\t: cpu_meltdown spectre_v1 spectre_v2 spec_store_bypass l1tf mds swapgs
bogomips\t: ${bogo.toFixed(2)}
clflush size\t: 64
cache_alignment\t: 64
address sizes\t: 46 bits physical, 48 bits virtual
power management:
`
      : `processor\t: ${core}
model name\t: ${hardware.cpuModel}
BogoMIPS\t: ${(bogo / 32).toFixed(2)}
Features\t: half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt vfpd32 lpae evtstrm
CPU implementer\t: 0x41
CPU architecture: 7
CPU variant\t: 0x0
CPU part\t: 0xc07
CPU revision\t: 5
`;
  const cores = Array.from({ length: hardware.cores }, (_, core) => `${one(core)}\n`).join("");
  return release.machine === "x86_64"
    ? cores
    : `${cores}Hardware\t: Generic DT based system\nRevision\t: 0000\nSerial\t\t: ${machine.persona.secret("serial").toString("hex").slice(0, 16)}\n`;
}

function meminfo(machine: Machine, nowMs: number): string {
  const memory = memoryOf(machine.persona, nowMs);
  const rows: [string, number][] = [
    ["MemTotal", memory.totalKb],
    ["MemFree", memory.freeKb],
    ["MemAvailable", memory.availableKb],
    ["Buffers", memory.buffersKb],
    ["Cached", memory.cachedKb],
    ["SwapCached", 0],
    ["Active", Math.floor(memory.cachedKb * 0.7)],
    ["Inactive", Math.floor(memory.cachedKb * 0.4)],
    ["SwapTotal", memory.swapTotalKb],
    ["SwapFree", memory.swapFreeKb],
    ["Dirty", 24],
    ["Writeback", 0],
    ["Shmem", memory.sharedKb],
    ["Slab", Math.floor(memory.totalKb * 0.02)],
  ];
  return rows
    .map(([name, kb]) => `${`${name}:`.padEnd(16)}${String(kb).padStart(8)} kB\n`)
    .join("");
}

function uuid(bytes: Buffer): string {
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
