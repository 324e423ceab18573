import { ARCHETYPES, isArchetypeName } from "../domain/service.ts";
import { chooseMachine, type Hardware } from "./hardware.ts";
import { chooseDomain, chooseHostname } from "./names.ts";
import { choosePeople, chooseWeakLogins, type PersonaUser, type WeakLogin } from "./people.ts";
import { createPick, deriveBytes, type Pick } from "./pick.ts";
import { RELEASE_IDS, RELEASES, type Release } from "./releases.ts";

export type { Hardware } from "./hardware.ts";
export type { PersonaUser, WeakLogin } from "./people.ts";
export type { Release } from "./releases.ts";

/** What a persona is made of: the same input gives the same machine, on any host, for ever. */
export interface PersonaInput {
  /** Hex, 32 bytes; the master derives it from the fleet's secret and the decky's name. */
  readonly seed: string;
  readonly name: string;
  readonly ip: string;
  readonly archetype: string;
  readonly distro: string | null;
  readonly hostname: string | null;
  /** What it offers; none stands for what its archetype offers. */
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
  /** Names of the services that listen on it: its ports, and what its processes must agree with. */
  readonly services: readonly string[];
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
  /**
   * Name and password pairs that let in, at least one of them root's.
   * A decky's `service_config` of ssh or telnet may name others: `{"logins": [{"user", "password"}]}`.
   */
  readonly weakLogins: readonly WeakLogin[];
  /** Number of cores, memory in kB and so on, the same on every port. */
  readonly hardware: Hardware;
  /** 32 bytes that belong to this decky and `label` alone: for keys, cookies, ids. */
  secret(label: string): Buffer;
  /** Whole number from 0 up to, not including, `below`; the same for the same label. */
  pick(label: string, below: number): number;
}

const DAY_MS = 86_400_000;

/** More of what is met more often; devices run what their maker built. */
const SERVER_RELEASES =
  "ubuntu-20.04 ubuntu-20.04 ubuntu-20.04 debian-11 debian-11 debian-11 ubuntu-18.04 debian-10 almalinux-8 centos-7".split(
    " ",
  );
const DEVICE_RELEASES = ["buildroot-2018.02"];

/** Where a machine stands, by its clock and its language. */
const PLACES = [
  { timeZone: "Etc/UTC", locale: "en_US.UTF-8" },
  { timeZone: "Etc/UTC", locale: "C.UTF-8" },
  { timeZone: "America/New_York", locale: "en_US.UTF-8" },
  { timeZone: "America/Chicago", locale: "en_US.UTF-8" },
  { timeZone: "America/Los_Angeles", locale: "en_US.UTF-8" },
  { timeZone: "Europe/London", locale: "en_GB.UTF-8" },
  { timeZone: "Europe/Berlin", locale: "de_DE.UTF-8" },
  { timeZone: "Europe/Amsterdam", locale: "en_US.UTF-8" },
  { timeZone: "Europe/Paris", locale: "fr_FR.UTF-8" },
  { timeZone: "Europe/Madrid", locale: "es_ES.UTF-8" },
];

function chooseRelease(pick: Pick, input: PersonaInput): Release {
  const id =
    input.distro ??
    pick.of("distro", input.archetype === "iot-device" ? DEVICE_RELEASES : SERVER_RELEASES);
  const rows = RELEASES.filter((release) => release.id === id);
  if (rows.length === 0) {
    throw new RangeError(
      `distro "${id}" is not known; it can be ${RELEASE_IDS.join(", ")}, or null to have one chosen`,
    );
  }
  const release = pick.of("release", rows);
  const http = release.versions[pick.of("http", ["nginx", "apache"])];
  return { ...release, versions: { ...release.versions, ...(http && { http }) } };
}

function servicesOf({ services, archetype }: PersonaInput): readonly string[] {
  if (services.length > 0) return services;
  return isArchetypeName(archetype) ? ARCHETYPES[archetype] : [];
}

/**
 * Makes the machine that a decky passes for. Pure: no clock, no chance, only HMACs of the seed.
 *
 * @throws {RangeError} If `input.distro` is no id of `releases.ts`, or the seed is not 32 bytes in hex.
 */
export function createPersona(input: PersonaInput): Persona {
  if (!/^[0-9a-f]{64}$/i.test(input.seed)) {
    throw new RangeError("a persona's seed is 32 bytes in hex");
  }
  const pick = createPick(input.seed);
  const release = chooseRelease(pick, input);
  const isDevice = release.osId === "buildroot";
  const { macAddress, hardware } = chooseMachine(pick, release.machine);
  const users = choosePeople(pick, release);
  const bootedMs = input.createdMs - 3 * DAY_MS - pick("booted", 150 * DAY_MS);
  const { timeZone, locale } = pick.of("place", PLACES);
  return {
    name: input.name,
    ip: input.ip,
    archetype: input.archetype,
    services: servicesOf(input),
    hostname: input.hostname ?? chooseHostname(pick, input.archetype, isDevice, macAddress),
    distro: release.id,
    baseImage: release.baseImage,
    nmapOs: release.nmapOs,
    release,
    domain: chooseDomain(pick),
    macAddress,
    bootedMs,
    installedMs: bootedMs - pick("installed", 500 * DAY_MS),
    timeZone,
    locale: isDevice ? "C" : locale,
    users,
    weakLogins: chooseWeakLogins(pick, release, users),
    hardware,
    secret: (label) => deriveBytes(input.seed, `secret:${label}`),
    pick,
  };
}
