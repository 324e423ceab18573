import type { Clock } from "../domain/clock.ts";
import type { Log } from "../domain/log.ts";
import type { RecoveryBounds } from "../domain/renewal.ts";
import type { CertificateFiles } from "./operator-certificate.ts";

interface Address {
  readonly host: string;
  readonly port: number;
}

export interface MasterOptions {
  /** The master's part of the data directory: database, authority, fleet secret, socket. */
  readonly dataDir: string;
  /** Port 0 takes a free one, on each of the three. */
  readonly agentPlane: Address;
  readonly enrollment: Address;
  readonly operator: Address;
  /** Presented on the operator plane; null for one of the swarm's authority, or none on loopback. */
  readonly operatorCertificate: CertificateFiles | null;
  /** Events of deckies are forgotten after it. */
  readonly eventsKeptMs: number;
  /** Name or address under which agents reach this machine. */
  readonly advertiseHost: string;
  readonly heartbeatIntervalMs: number;
  /** Life of an agent's certificate; null takes the default. */
  readonly agentCertificateTtlMs: number | null;
  /** Of the authority's key; null, or left out, if it is not encrypted. */
  readonly authorityPassphrase?: string | null;
  /** How far hosts whose certificate ran out may help themselves. */
  readonly recoveryBounds: RecoveryBounds;
  /** Take the system's clock for right, even if records are from later. */
  readonly trustClock: boolean;
  /** The dashboard as built; null for none. */
  readonly dashboardDir: string | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: (bytes: number) => Buffer;
  readonly version: string;
}

export interface Master {
  readonly agentPort: number;
  readonly enrollmentPort: number;
  readonly operatorUrl: string;
  readonly socketPath: string;
  /** Just made, to be printed once; null if there is an operator already. */
  readonly firstAdmin: { readonly user: string; readonly password: string } | null;
  close(): Promise<void>;
}
