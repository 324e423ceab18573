import type { Pick } from "./pick.ts";

export interface Hardware {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryKb: number;
  readonly diskKb: number;
}

/** A machine's make: its network card's vendor and its processor belong together. */
export interface Machine {
  /** Lowercase, colon-separated. */
  readonly macAddress: string;
  readonly hardware: Hardware;
}

interface Make {
  /** First bytes of the addresses of its network cards (IEEE MA-L, or the hypervisor's own). */
  readonly prefixes: readonly string[];
  readonly cpuModels: readonly string[];
  readonly cores: readonly number[];
  readonly memoryMb: readonly number[];
  readonly diskGb: readonly number[];
}

const XEONS = [
  "Intel(R) Xeon(R) Gold 6130 CPU @ 2.10GHz",
  "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz",
  "Intel(R) Xeon(R) Silver 4114 CPU @ 2.20GHz",
  "Intel(R) Xeon(R) Silver 4210 CPU @ 2.20GHz",
  "Intel(R) Xeon(R) CPU E5-2650 v4 @ 2.20GHz",
  "Intel(R) Xeon(R) CPU E5-2680 v3 @ 2.50GHz",
];

const GUEST = {
  cores: [1, 2, 2, 4, 8],
  memoryMb: [1024, 2048, 4096, 8192, 16384],
  diskGb: [20, 25, 40, 50, 80, 100, 160],
};

const BARE_METAL = {
  cpuModels: XEONS,
  cores: [16, 20, 32, 40],
  memoryMb: [32768, 65536, 131072],
  diskGb: [480, 960, 1200, 1920],
};

const SERVERS: readonly Make[] = [
  // VMware, Hyper-V, KVM, Xen.
  { ...GUEST, prefixes: ["00:0c:29", "00:50:56"], cpuModels: XEONS },
  { ...GUEST, prefixes: ["00:15:5d"], cpuModels: XEONS },
  {
    ...GUEST,
    prefixes: ["52:54:00"],
    cpuModels: [
      "Intel Xeon Processor (Skylake, IBRS)",
      "Intel Core Processor (Broadwell, IBRS)",
      "QEMU Virtual CPU version 2.5+",
      "AMD EPYC Processor (with IBPB)",
    ],
  },
  { ...GUEST, prefixes: ["00:16:3e"], cpuModels: [...XEONS, "AMD EPYC 7551 32-Core Processor"] },
  // Dell, Hewlett Packard Enterprise, Supermicro.
  { ...BARE_METAL, prefixes: ["18:66:da", "d0:94:66", "b8:ca:3a", "f8:bc:12", "e4:43:4b"] },
  { ...BARE_METAL, prefixes: ["94:18:82", "3c:a8:2a", "9c:b6:54", "98:f2:b3"] },
  { ...BARE_METAL, prefixes: ["00:25:90", "ac:1f:6b", "0c:c4:7a", "3c:ec:ef"] },
];

/** Hikvision and Dahua: cameras and recorders. */
const DEVICES: readonly Make[] = [
  {
    prefixes: ["44:19:b6", "c0:56:e3", "28:57:be", "3c:ef:8c", "90:02:a9", "4c:11:bf"],
    cpuModels: ["ARMv7 Processor rev 5 (v7l)"],
    cores: [1, 1, 2],
    memoryMb: [64, 128, 256],
    diskGb: [0.016, 0.032, 0.128],
  },
];

/** Chooses a machine that a release for `architecture` (as of `uname -m`) can run on. */
export function chooseMachine(pick: Pick, architecture: string): Machine {
  const make = pick.of("machine.make", architecture === "x86_64" ? SERVERS : DEVICES);
  const suffix = pick.hex("machine.mac", 6).match(/../g) ?? [];
  const memoryMb = pick.of("machine.memory", make.memoryMb);
  // The kernel keeps some for itself, how much depends on board and firmware.
  const reservedKb = Math.floor(memoryMb * (14 + pick("machine.reserved", 1200) / 100));
  return {
    macAddress: [pick.of("machine.prefix", make.prefixes), ...suffix].join(":"),
    hardware: {
      cpuModel: pick.of("machine.cpu", make.cpuModels),
      cores: pick.of("machine.cores", make.cores),
      memoryKb: (memoryMb * 1024 - reservedKb) & ~3,
      diskKb: Math.floor(pick.of("machine.disk", make.diskGb) * 1024 * 1024),
    },
  };
}
