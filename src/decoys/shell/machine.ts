import type { Persona } from "../persona.ts";
import { type Account, accountsOf, type Group, groupsOf } from "./accounts.ts";
import { daemonsOf } from "./daemons.ts";
import { buildRoot } from "./disk-image.ts";
import {
  firstProcesses,
  type Guest,
  guestProcesses,
  type Process,
  type RunningDaemon,
  startDaemons,
} from "./processes.ts";
import type { Directory } from "./tree.ts";
import { Volumes } from "./volumes.ts";

export type { Account } from "./accounts.ts";

/** Family of distributions: which programs there are, and how they speak. */
export type Flavor = "debian" | "redhat" | "busybox";

/** The machine that a persona describes, as seen from within: one per decky, shared by sessions. */
export interface Machine {
  readonly persona: Persona;
  readonly flavor: Flavor;
  /** Value of LANG. */
  readonly language: string;
  readonly accounts: readonly Account[];
  readonly groups: readonly Group[];
  readonly daemons: readonly RunningDaemon[];
  /** Processes that run since the machine started, whoever is logged in. */
  readonly standing: readonly Process[];
  /** Who is logged in, in the order of their coming. */
  readonly guests: ReadonlySet<Guest>;
  /** All of them, with those of the logins. */
  processes(): readonly Process[];
  /** Lets somebody in until the returned function is called. */
  enter(guest: Guest): () => void;
  /** Lowest terminal that nobody has, such as `/dev/pts/0`. */
  freeTerminal(): string;
  find(name: string): Account | undefined;
  /** As `find`. @throws {RangeError} If there is no such account: the caller lets nobody else in. */
  account(name: string): Account;
  /** The file system before anyone wrote to it; made on first use. */
  root(): Directory;
  /** What each source has made of it. */
  readonly volumes: Volumes;
  /** Process id that a process started at a time would get, as logs tell of it. */
  pidAt(ms: number): number;
  /** Takes `count` process ids that nobody had before. @returns The first of them. */
  takePids(nowMs: number, count?: number): number;
}

/** @param logins Names that are let in: each has an account, also where the persona lists none. */
export function createMachine(persona: Persona, logins: readonly string[]): Machine {
  const { osId } = persona.release;
  const redhat = osId === "centos" || osId === "almalinux";
  const accounts = accountsOf(persona, logins);
  const byName = new Map(accounts.map((account) => [account.name, account]));
  const daemons = startDaemons(persona, daemonsOf(persona));
  const standing = [...firstProcesses(persona), ...daemons.flatMap(({ running }) => running)];
  const guests = new Set<Guest>();
  let root: Directory | null = null;
  let lastPid = 0;
  const machine: Machine = {
    persona,
    flavor: osId === "buildroot" ? "busybox" : redhat ? "redhat" : "debian",
    language: persona.locale,
    accounts,
    groups: groupsOf(persona, accounts),
    daemons,
    standing,
    guests,
    processes: () => [
      ...standing,
      ...[...guests].flatMap((guest) => guestProcesses(persona, daemons, guest)),
    ],
    enter(guest) {
      guests.add(guest);
      return () => guests.delete(guest);
    },
    freeTerminal() {
      const taken = new Set([...guests].map(({ seat }) => seat.tty));
      for (let number = 0; ; number++) {
        if (!taken.has(`/dev/pts/${number}`)) return `/dev/pts/${number}`;
      }
    },
    find: (name) => byName.get(name),
    account(name) {
      const account = byName.get(name);
      if (account === undefined) throw new RangeError(`no account is named "${name}"`);
      return account;
    },
    root() {
      root ??= buildRoot(machine);
      return root;
    },
    volumes: new Volumes(() => machine.root()),
    pidAt(ms) {
      const upSeconds = Math.max(0, ms - persona.bootedMs) / 1000;
      const pace = 0.03 + persona.pick("pid.pace", 40) / 1000;
      const limit = osId === "buildroot" || persona.hardware.cores < 32 ? 31_000 : 64_000;
      return 1200 + (Math.floor(upSeconds * pace) % limit);
    },
    takePids(nowMs, count = 1) {
      const first = Math.max(machine.pidAt(nowMs), lastPid + 1);
      lastPid = first + count - 1;
      return first;
    },
  };
  return machine;
}
