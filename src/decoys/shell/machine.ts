import { ARCHETYPES, isArchetypeName } from "../../domain/service.ts";
import type { Persona } from "../persona.ts";
import { type Account, accountsOf, type Group, groupsOf } from "./accounts.ts";
import { buildRoot } from "./disk-image.ts";
import { type Process, standingProcesses } from "./processes.ts";
import type { Directory } from "./tree.ts";

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
  /** Names of the services that listen here. */
  readonly services: readonly string[];
  readonly processes: readonly Process[];
  find(name: string): Account | undefined;
  /** As `find`. @throws {RangeError} If there is no such account: the caller lets nobody else in. */
  account(name: string): Account;
  /** The file system before anyone wrote to it; made on first use. */
  root(): Directory;
  /** Process id that a process started now would get: only grows while the machine is up. */
  nextPid(nowMs: number): number;
}

/** @param logins Names that are let in: each has an account, also where the persona lists none. */
export function createMachine(persona: Persona, logins: readonly string[]): Machine {
  const { osId } = persona.release;
  const redhat = osId === "centos" || osId === "almalinux";
  const accounts = accountsOf(persona, logins);
  const byName = new Map(accounts.map((account) => [account.name, account]));
  const services = isArchetypeName(persona.archetype) ? ARCHETYPES[persona.archetype] : ["ssh"];
  let root: Directory | null = null;
  const machine: Machine = {
    persona,
    flavor: osId === "buildroot" ? "busybox" : redhat ? "redhat" : "debian",
    language: persona.locale,
    accounts,
    groups: groupsOf(persona, accounts),
    services,
    processes: standingProcesses(persona, services),
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
    nextPid(nowMs) {
      const upSeconds = Math.max(0, nowMs - persona.bootedMs) / 1000;
      const pace = 0.03 + persona.pick("pid.pace", 40) / 1000;
      const limit = osId === "buildroot" || persona.hardware.cores < 32 ? 31_000 : 64_000;
      return 1200 + (Math.floor(upSeconds * pace) % limit);
    },
  };
  return machine;
}
