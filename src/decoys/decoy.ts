import type { Duplex } from "node:stream";
import type { EventKind } from "../domain/event.ts";
import type { ServiceName } from "../domain/service.ts";
import type { Persona } from "./persona.ts";

/**
 * A decoy speaks one protocol. It is handed connections; it never listens, connects, reads a file
 * or starts a process, and it reads no clock of its own.
 */
export interface Decoy {
  readonly service: ServiceName;
  /**
   * Prepares one decky's service (host keys, pages) and returns what serves its connections.
   * May take a second; connections wait meanwhile.
   */
  create(context: DecoyContext): Promise<ServeConnection> | ServeConnection;
}

/**
 * Serves one connection until it ends. Never throws for anything that a client sent; the runtime
 * destroys the stream if it does, and counts it.
 */
export type ServeConnection = (stream: Duplex, session: DecoySession) => void;

export interface DecoyContext {
  readonly persona: Persona;
  /** The decky's `service_config` for this service. */
  readonly config: Readonly<Record<string, unknown>>;
  nowMs(): number;
  /** Calls back once, after `ms`; returns how to call it off. */
  after(ms: number, callback: () => void): () => void;
}

/** One connection, its identity bound by the runtime: nothing a client sends can change it. */
export interface DecoySession {
  readonly id: string;
  readonly srcIp: string;
  readonly srcPort: number;
  readonly dstIp: string;
  /** Port of the real service (22), also where the runtime has mapped it. */
  readonly dstPort: number;
  /** Records an event. Strings in `data` beyond 16 KiB are cut, and `data.truncated` says so. */
  emit(kind: EventKind, data: Readonly<Record<string, unknown>>): void;
}
