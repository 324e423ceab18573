import type { Socket } from "node:net";
import type { Server, TLSSocket } from "node:tls";
import { networkOf } from "./network-of.ts";

/** Most open connections of one client, as `networkOf` tells them apart. */
export interface CrowdLimits {
  readonly perAddress: number;
  /** Of those, the ones that have not proven yet who they are. */
  readonly unprovenPerAddress: number;
}

/** Who has connected from where, counted from before the handshake until the end. */
export interface Crowd {
  /** A connection has shown who it is: it no longer counts as unproven, and may stay. */
  proven(socket: TLSSocket): void;
}

/**
 * Cuts connections, before their handshake, of an address that has too many open, so that no
 * address alone can use up what the listener has for all; and those that have not proven who they
 * are `unprovenMs` after they were made. A time-out of the handshake alone would not do: every byte
 * that trickles in puts it off.
 */
export function limitCrowd(
  server: Server,
  limits: CrowdLimits & { readonly unprovenMs: number },
  turnedAway: () => void,
): Crowd {
  const counts = new Map<string, { open: number; unproven: number }>();
  const unproven = new Map<string, () => void>();

  server.on("connection", (socket: Socket) => {
    const network = networkOf(socket.remoteAddress ?? "unknown");
    const count = counts.get(network) ?? { open: 0, unproven: 0 };
    if (count.open >= limits.perAddress || count.unproven >= limits.unprovenPerAddress) {
      turnedAway();
      socket.destroy();
      return;
    }
    counts.set(network, count);
    count.open += 1;
    count.unproven += 1;
    const ends = endsOf(socket);
    const deadline = setTimeout(() => socket.destroy(), limits.unprovenMs);
    let isSettled = false;
    const settle = () => {
      if (isSettled) return;
      isSettled = true;
      if (unproven.get(ends) === settle) unproven.delete(ends);
      clearTimeout(deadline);
      count.unproven -= 1;
    };
    unproven.set(ends, settle);
    socket.once("close", () => {
      settle();
      count.open -= 1;
      if (count.open === 0) counts.delete(network);
    });
  });
  return { proven: (socket) => unproven.get(endsOf(socket))?.() };
}

/** The same for a connection and for the TLS on it; no two that are open have the same. */
function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
