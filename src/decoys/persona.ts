import { createHmac } from "node:crypto";

/** What a persona is made of: the same input gives the same machine, on any host, for ever. */
export interface PersonaInput {
  /** Hex, 32 bytes; the master derives it from the fleet's secret and the decky's name. */
  readonly seed: string;
  readonly name: string;
  readonly ip: string;
  readonly archetype: string;
  readonly distro: string | null;
  readonly hostname: string | null;
  readonly services: readonly string[];
  /** When the decky was first asked for; its uptime counts from some time before. */
  readonly createdMs: number;
}

/** What a heartbeat tells of the machine that a decky passes for. */
export interface DeckyIdentity {
  readonly hostname: string;
  /** Id of its release, such as `debian-11`. */
  readonly distro: string;
  /** Container image of that release, such as `debian:bullseye`. */
  readonly baseImage: string;
  /** TCP/IP stack: linux, windows, windows_server, bsd, embedded or cisco. */
  readonly nmapOs: string;
}

/** Everything of a decky that an attacker can see, on any of its ports. */
export interface Persona extends DeckyIdentity {
  readonly name: string;
  readonly ip: string;
  readonly archetype: string;
  readonly release: Release;
  /** Domain of its fully qualified name. */
  readonly domain: string;
  /** Lowercase, colon-separated, with the prefix of a real vendor. */
  readonly macAddress: string;
  /** Unix milliseconds. */
  readonly bootedMs: number;
  /** When the system was installed: dates of its files. */
  readonly installedMs: number;
  /** IANA name. */
  readonly timeZone: string;
  readonly locale: string;
  /** Accounts of people and services beyond those of the distribution; root is not listed. */
  readonly users: readonly PersonaUser[];
  /** Name and password pairs that let in. */
  readonly weakLogins: readonly WeakLogin[];
  /** Number of cores, memory in kB and so on, the same on every port. */
  readonly hardware: Hardware;
  /** 32 bytes that belong to this decky and `label` alone: for keys, cookies, ids. */
  secret(label: string): Buffer;
  /** Whole number from 0 up to, not including, `below`; the same for the same label. */
  pick(label: string, below: number): number;
}

export interface PersonaUser {
  readonly name: string;
  readonly uid: number;
  readonly fullName: string;
  readonly home: string;
  readonly shell: string;
}

export interface WeakLogin {
  readonly user: string;
  readonly password: string;
}

export interface Hardware {
  readonly cpuModel: string;
  readonly cores: number;
  readonly memoryKb: number;
  readonly diskKb: number;
}

/** One release of a distribution, with the versions that it really ships together. */
export interface Release {
  /** Such as `debian-11`. */
  readonly id: string;
  /** Such as `Debian GNU/Linux 11 (bullseye)`. */
  readonly prettyName: string;
  /** `ID` of os-release, such as `debian`. */
  readonly osId: string;
  /** `VERSION_ID` of os-release. */
  readonly versionId: string;
  readonly codename: string;
  readonly baseImage: string;
  readonly nmapOs: string;
  /** As `uname -r` and `uname -v` print them. */
  readonly kernelRelease: string;
  readonly kernelVersion: string;
  /** As `uname -m` prints it. */
  readonly machine: string;
  /** Upstream and package versions by service, such as `{ ssh: "OpenSSH_8.4p1 Debian-5+deb11u3" }`. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Derives `length` bytes (at most 32) of a decky's seed for one purpose (HMAC-SHA-256). */
export function deriveBytes(seed: string, label: string, length = 32): Buffer {
  return createHmac("sha256", Buffer.from(seed, "hex")).update(label).digest().subarray(0, length);
}
