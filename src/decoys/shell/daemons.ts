import type { Persona } from "../persona.ts";
import { baseDaemons } from "./daemons-base.ts";
import { serviceDaemon } from "./daemons-service.ts";

/**
 * A program that runs from the start of the machine: one row, out of which the process table, the
 * sockets, the units of systemd, the pid files and the packages are told, so that they agree.
 */
export interface Daemon {
  /** Unit of systemd, without `.service`, then other names that it answers to. */
  readonly units: readonly string[];
  readonly description: string;
  readonly binary: string;
  readonly pidFile: string | null;
  /** Main process first, then its children. */
  readonly processes: readonly DaemonProcess[];
  readonly sockets: readonly Socket[];
}

export interface DaemonProcess {
  readonly user: string;
  readonly command: string;
  readonly rssKb: number;
}

/** Something that listens. */
export interface Socket {
  readonly protocol: "tcp" | "udp";
  /** `0.0.0.0`, `::` or an address of the machine's own. */
  readonly address: string;
  readonly port: number;
  readonly fd: number;
  readonly backlog: number;
  /** Whether the daemon's children hold it too. */
  readonly shared: boolean;
}

/** All of them, in the order in which they start. */
export function daemonsOf(persona: Persona): readonly Daemon[] {
  const services = persona.services.map((service) => serviceDaemon(persona, service));
  return [...baseDaemons(persona), ...services.filter((daemon) => daemon !== null)];
}

/** The one that a unit of systemd names. */
export function daemonOfUnit<T extends Daemon>(daemons: readonly T[], unit: string): T | undefined {
  const name = unit.replace(/\.service$/, "");
  return daemons.find(({ units }) => units.includes(name));
}
