import type { Persona } from "../persona.ts";

/** Figures that several commands and files tell: each is worked out here alone, so they agree. */
export interface Memory {
  readonly totalKb: number;
  readonly freeKb: number;
  readonly availableKb: number;
  readonly buffersKb: number;
  readonly cachedKb: number;
  readonly sharedKb: number;
  readonly swapTotalKb: number;
  readonly swapFreeKb: number;
}

/** A number from 0 to 1 that drifts with time, smooth over `periodMs`, the same on each reading. */
function drift(persona: Persona, label: string, nowMs: number, periodMs: number): number {
  const at = nowMs / periodMs;
  const step = Math.floor(at);
  const valueAt = (index: number) => persona.pick(`${label}:${index}`, 10_000) / 10_000;
  return valueAt(step) + (valueAt(step + 1) - valueAt(step)) * (at - step);
}

export function memoryOf(persona: Persona, nowMs: number): Memory {
  const totalKb = persona.hardware.memoryKb;
  const busy = 0.12 + persona.pick("memory.busy", 30) / 100;
  const usedKb = Math.floor(totalKb * (busy + 0.02 * drift(persona, "memory", nowMs, 60_000)));
  const cacheShare = 0.3 + persona.pick("memory.cache", 40) / 100;
  const cachedKb = Math.floor((totalKb - usedKb) * cacheShare);
  const buffersKb = Math.floor(cachedKb * 0.06);
  const freeKb = totalKb - usedKb - cachedKb - buffersKb;
  const small = totalKb < 512 * 1024;
  const swapTotalKb = small
    ? 0
    : ([0, 998_396, 2_097_148, 4_194_300][persona.pick("swap", 4)] ?? 0);
  return {
    totalKb,
    freeKb,
    availableKb: freeKb + Math.floor((cachedKb + buffersKb) * 0.9),
    buffersKb,
    cachedKb,
    sharedKb: Math.floor(totalKb * 0.004),
    swapTotalKb,
    swapFreeKb: Math.floor(swapTotalKb * (1 - persona.pick("swap.used", 12) / 100)),
  };
}

/** Load over 1, 5 and 15 minutes. */
export function loadOf(persona: Persona, nowMs: number): readonly [number, number, number] {
  const usual = 0.02 + persona.pick("load", 30) / 100;
  const over = (periodMs: number) => usual * (0.4 + 1.2 * drift(persona, "load", nowMs, periodMs));
  return [over(60_000), over(300_000), over(900_000)];
}

export interface Mount {
  readonly device: string;
  readonly on: string;
  readonly type: string;
  readonly options: string;
  /** Null for those that df leaves out. */
  readonly sizeKb: number | null;
  readonly usedKb: number;
}

export function mountsOf(persona: Persona): readonly Mount[] {
  const { hardware, release } = persona;
  if (release.osId === "buildroot") return deviceMounts(persona);
  const [device, type] = rootDevice(persona);
  const sizeKb = Math.floor(hardware.diskKb * 0.98);
  const usedKb = Math.floor(sizeKb * (0.08 + persona.pick("disk.used", 55) / 100));
  const half = Math.floor(hardware.memoryKb / 2);
  const tenth = Math.floor(hardware.memoryKb / 10);
  const nothing = { sizeKb: null, usedKb: 0 };
  const rootOptions =
    type === "xfs" ? "rw,relatime,attr2,inode64,noquota" : "rw,relatime,errors=remount-ro";
  return [
    {
      device: "sysfs",
      on: "/sys",
      type: "sysfs",
      options: "rw,nosuid,nodev,noexec,relatime",
      ...nothing,
    },
    {
      device: "proc",
      on: "/proc",
      type: "proc",
      options: "rw,nosuid,nodev,noexec,relatime",
      ...nothing,
    },
    {
      device: release.osId === "centos" || release.osId === "almalinux" ? "devtmpfs" : "udev",
      on: "/dev",
      type: "devtmpfs",
      options: `rw,nosuid,relatime,size=${half - 2048}k,nr_inodes=${Math.floor(half / 4)},mode=755`,
      sizeKb: half - 2048,
      usedKb: 0,
    },
    {
      device: "devpts",
      on: "/dev/pts",
      type: "devpts",
      options: "rw,nosuid,noexec,relatime,gid=5,mode=620,ptmxmode=000",
      ...nothing,
    },
    {
      device: "tmpfs",
      on: "/run",
      type: "tmpfs",
      options: `rw,nosuid,nodev,noexec,relatime,size=${tenth}k,mode=755`,
      sizeKb: tenth,
      usedKb: 600 + persona.pick("run.used", 600),
    },
    { device, on: "/", type, options: rootOptions, sizeKb, usedKb },
    {
      device: "tmpfs",
      on: "/dev/shm",
      type: "tmpfs",
      options: "rw,nosuid,nodev",
      sizeKb: half,
      usedKb: 0,
    },
    {
      device: "cgroup",
      on: "/sys/fs/cgroup/systemd",
      type: "cgroup",
      options: "rw,nosuid,nodev,noexec,relatime,xattr,name=systemd",
      ...nothing,
    },
    {
      device: "mqueue",
      on: "/dev/mqueue",
      type: "mqueue",
      options: "rw,nosuid,nodev,noexec,relatime",
      ...nothing,
    },
    {
      device: "tmpfs",
      on: "/run/user/0",
      type: "tmpfs",
      options: `rw,nosuid,nodev,relatime,size=${tenth}k,mode=700`,
      sizeKb: tenth,
      usedKb: 0,
    },
  ];
}

/** As /proc/mounts has them. */
export function mountsText(persona: Persona): string {
  return mountsOf(persona)
    .map((mount) => `${mount.device} ${mount.on} ${mount.type} ${mount.options} 0 0\n`)
    .join("");
}

function deviceMounts(persona: Persona): readonly Mount[] {
  const { hardware } = persona;
  const nothing = { sizeKb: null, usedKb: 0 };
  const ram = Math.floor(hardware.memoryKb / 2);
  const flashKb = Math.max(8192, Math.floor(hardware.diskKb / 2));
  return [
    {
      device: "/dev/root",
      on: "/",
      type: "squashfs",
      options: "ro,relatime",
      sizeKb: flashKb,
      usedKb: flashKb,
    },
    {
      device: "devtmpfs",
      on: "/dev",
      type: "devtmpfs",
      options: `rw,relatime,size=${ram}k,nr_inodes=${ram / 4},mode=755`,
      sizeKb: ram,
      usedKb: 0,
    },
    { device: "proc", on: "/proc", type: "proc", options: "rw,relatime", ...nothing },
    {
      device: "devpts",
      on: "/dev/pts",
      type: "devpts",
      options: "rw,relatime,gid=5,mode=620",
      ...nothing,
    },
    {
      device: "tmpfs",
      on: "/dev/shm",
      type: "tmpfs",
      options: "rw,relatime,mode=777",
      sizeKb: ram,
      usedKb: 0,
    },
    { device: "tmpfs", on: "/tmp", type: "tmpfs", options: "rw,relatime", sizeKb: ram, usedKb: 28 },
    { device: "tmpfs", on: "/var", type: "tmpfs", options: "rw,relatime", sizeKb: ram, usedKb: 96 },
    { device: "sysfs", on: "/sys", type: "sysfs", options: "rw,relatime", ...nothing },
    {
      device: "/dev/mtdblock4",
      on: "/mnt/mtd",
      type: "jffs2",
      options: "rw,relatime",
      sizeKb: 3072,
      usedKb: 600 + persona.pick("flash.used", 900),
    },
  ];
}

function rootDevice(persona: Persona): [device: string, type: string] {
  const { osId } = persona.release;
  const card = persona.macAddress;
  const disk = card.startsWith("52:54:00") ? "vda" : card.startsWith("00:16:3e") ? "xvda" : "sda";
  if (osId === "centos") return ["/dev/mapper/centos-root", "xfs"];
  if (osId === "almalinux") return ["/dev/mapper/almalinux-root", "xfs"];
  return osId === "ubuntu" ? [`/dev/${disk}2`, "ext4"] : [`/dev/${disk}1`, "ext4"];
}

export interface Network {
  readonly interface: string;
  readonly ip: string;
  readonly broadcast: string;
  readonly gateway: string;
  readonly subnet: string;
  readonly linkLocal: string;
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly txBytes: number;
  readonly txPackets: number;
}

export function networkOf(persona: Persona, nowMs: number): Network {
  const { macAddress: mac, release } = persona;
  const name =
    release.osId === "buildroot" || release.osId === "centos"
      ? "eth0"
      : mac.startsWith("00:0c:29") || mac.startsWith("00:50:56")
        ? "ens160"
        : mac.startsWith("52:54:00")
          ? "ens3"
          : mac.startsWith("00:16:3e") || mac.startsWith("00:15:5d")
            ? "eth0"
            : "eno1";
  const subnet = persona.ip.split(".").slice(0, 3).join(".");
  const upSeconds = Math.max(0, (nowMs - persona.bootedMs) / 1000);
  const rxPackets = Math.floor(upSeconds * (3 + persona.pick("net.rx", 400) / 100));
  const txPackets = Math.floor(rxPackets * (0.4 + persona.pick("net.tx", 40) / 100));
  const [a = "00", b = "00", c = "00", d = "00", e = "00", f = "00"] = mac.split(":");
  const first = (Number.parseInt(a, 16) ^ 2).toString(16);
  const pair = (high: string, low: string) => Number.parseInt(high + low, 16).toString(16);
  return {
    interface: name,
    ip: persona.ip,
    broadcast: `${subnet}.255`,
    gateway: persona.ip.endsWith(".1") ? `${subnet}.254` : `${subnet}.1`,
    subnet,
    linkLocal: `fe80::${pair(first, b)}:${pair(c, "ff")}:${pair("fe", d)}:${pair(e, f)}`,
    rxPackets,
    txPackets,
    rxBytes: rxPackets * (180 + persona.pick("net.rxsize", 500)),
    txBytes: txPackets * (90 + persona.pick("net.txsize", 600)),
  };
}
