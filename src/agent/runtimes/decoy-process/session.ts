import type { Socket } from "node:net";
import type { DecoySession } from "../../../decoys/decoy.ts";
import type { EventKind } from "../../../domain/event.ts";
import { boundedData } from "./bounded-data.ts";
import type { Connection } from "./connection.ts";
import { MAX_DATA_BYTES } from "./limits.ts";
import type { UnboundEvent } from "./messages.ts";

/** What all connections of the process share. */
export interface SessionDeps {
  nowMs(): number;
  nextId(): string;
  record(event: UnboundEvent): void;
}

/** Where a connection arrived, in the terms of the machine that the decky passes for. */
export interface Destination {
  readonly decky: string;
  readonly service: string;
  readonly ip: string;
  readonly port: number;
}

/**
 * Binds a connection's identity, so that nothing a client sends can change it, and records that it
 * was opened and, once, that it was closed. What a decoy emits after that is not recorded.
 *
 * @returns Null if the client is gone already.
 */
export function openSession(
  deps: SessionDeps,
  destination: Destination,
  socket: Socket,
  connection: Connection,
): DecoySession | null {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined || remotePort === undefined) return null;
  const openedMs = deps.nowMs();
  const id = deps.nextId();
  let closed = false;
  const srcIp = plainAddress(remoteAddress);

  function emit(kind: EventKind, data: Readonly<Record<string, unknown>>): void {
    if (closed) return;
    deps.record({
      event_id: deps.nextId(),
      kind,
      decky: destination.decky,
      service: destination.service,
      session: id,
      src_ip: srcIp,
      src_port: remotePort ?? 0,
      dst_ip: destination.ip,
      dst_port: destination.port,
      at: new Date(deps.nowMs()).toISOString(),
      data: boundedData(data, MAX_DATA_BYTES),
    });
  }

  emit("session.open", {});
  connection.on("close", () => {
    const data = {
      duration_ms: deps.nowMs() - openedMs,
      bytes_in: socket.bytesRead,
      bytes_out: socket.bytesWritten,
    };
    // The decoy, which listens too, has its last word first: what ran, what was written.
    process.nextTick(() => {
      emit("session.close", data);
      closed = true;
    });
  });
  return {
    id,
    srcIp,
    srcPort: remotePort,
    dstIp: destination.ip,
    dstPort: destination.port,
    emit,
  };
}

/** An IPv4 address as such, also where the socket is of IPv6. */
export function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
