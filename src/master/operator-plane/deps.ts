import type { Clock } from "../../domain/clock.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { Authorities } from "../../pki/authorities.ts";
import type { JoinToken, Store } from "../../store/store.ts";
import type { Live } from "../live.ts";

/** All that the operator plane needs from the rest of the master. */
export interface OperatorPlaneDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly live: Live;
  /** Unpredictable bytes: for sessions, passwords and ids of requests. */
  readonly random: (bytes: number) => Buffer;
  readonly version: string;
  readonly startedMs: number;
  readonly heartbeatIntervalMs: number;
  /** Beyond loopback with `tls` only; port 0 takes any free one. */
  readonly listen: Address;
  /** What the TCP listener presents; null for plain HTTP. */
  readonly tls: ServerCertificate | null;
  /** 32 bytes: second factors are kept encrypted with it. */
  readonly totpKey: Buffer;
  /** Unix socket for the command line on this machine; null for none. */
  readonly socketPath: string | null;
  /** The dashboard as built, with its index.html; null for none. */
  readonly dashboardDir: string | null;
  readonly agentPlane: Address;
  readonly enrollment: Address;
  readonly authorities: Omit<Authorities, "issuing" | "onChange">;
  readonly mintToken: (request: {
    readonly ttlMs: number;
    readonly hostName: string | null;
    readonly createdBy: string;
  }) => Promise<{ readonly token: JoinToken; readonly secret: string }>;
  /** Leaves the tombstone and cuts the host's open sockets. Null if there is no such host. */
  readonly decommission: (uuid: string) => Promise<{ readonly already: boolean } | null>;
  /** A loopback address for a decky of this name; another one for each attempt, from 0. */
  readonly addressFor: (name: string, attempt: number) => string;
  readonly metrics: MetricsSource;
  /** Counts a refusal that an attacker could repeat without end: those are never rows. */
  readonly refused: (code: ErrorCode) => void;
}

/** What the rest of the master counts. */
export interface MetricsSource {
  /** Heartbeats since the start by outcome: `accepted`, or the code of the refusal. */
  heartbeats(): ReadonlyMap<string, number>;
  /** Open connections of agents. */
  agentConnections(): number;
  /** Master's clock when the liveness sweep last succeeded; null before the first time. */
  lastSweepMs(): number | null;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A certificate and its key, in PEM. */
export interface ServerCertificate {
  /** Leaf first. */
  readonly chainPem: string;
  readonly keyPem: string;
}

export interface OperatorPlane {
  /** TCP port that it listens on. */
  readonly port: number;
  /** For connections from now on; those that are open keep theirs. */
  setCertificate(certificate: ServerCertificate): void;
  close(): Promise<void>;
}
