import type { ServiceName } from "./service.ts";

/** How a decky gets its address. */
export const RUNTIMES = ["loopback", "netns", "docker"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** A decky that a host is to run: what an operator asked for, with every choice filled in. */
export interface Decky {
  /** Unique in the fleet; lowercase letters, digits and dashes, at most 63, as a DNS label. */
  readonly name: string;
  readonly hostUuid: string;
  readonly archetype: string;
  /** A release of the table in `decoys/releases.ts`, such as `debian-11`; null lets the persona choose. */
  readonly distro: string | null;
  /** Null lets the persona choose. */
  readonly hostname: string | null;
  readonly ip: string;
  readonly services: readonly ServiceName[];
  readonly serviceConfig: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly runtime: RuntimeName;
  readonly createdMs: number;
}

/** A DNS label (RFC 1035, section 2.3.1), lowercase. */
export const DECKY_NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
