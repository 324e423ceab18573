import { MAX_EVENTS_BYTES } from "../../wire/events.ts";
import { MAX_HEARTBEAT_BYTES } from "../../wire/heartbeat.ts";
import type { CrowdLimits } from "../tls/crowd.ts";

/** What one connection, certificate or address may cost the agent plane; docs/protocol.md tells. */
export interface AgentPlaneLimits extends CrowdLimits {
  /** From the connection to a certificate of an agent, however busy it is. */
  readonly handshakeMs: number;
  /** From the handshake, or a request's first byte, to the end of its headers. */
  readonly headersMs: number;
  /** From a request's first byte to its last. */
  readonly requestMs: number;
  /** Between an answer and the next request. */
  readonly keepAliveMs: number;
  /** In which nothing moves either way: longer than anybody waits for another desired state. */
  readonly idleMs: number;
  /** How often headers and requests are looked at. */
  readonly checkMs: number;
  readonly headerBytes: number;
  readonly connections: number;
  /** Bounds what bodies on their way can hold of the master's memory. */
  readonly perCertificate: number;
}

export const AGENT_PLANE_LIMITS: AgentPlaneLimits = {
  handshakeMs: 10_000,
  headersMs: 10_000,
  requestMs: 30_000,
  // Above twice the slowest pace, or every heartbeat would be a new handshake.
  keepAliveMs: 90_000,
  idleMs: 120_000,
  checkMs: 1000,
  headerBytes: 16_384,
  connections: 50_000,
  // Thousands of hosts may be behind one address, with two or three connections each.
  perAddress: 10_000,
  unprovenPerAddress: 256,
  perCertificate: 64,
};

/** Most bytes of a request's body. */
export function bodyLimitOf(path: string): number {
  return path.startsWith("/swarm/events") ? MAX_EVENTS_BYTES : MAX_HEARTBEAT_BYTES;
}
