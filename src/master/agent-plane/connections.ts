import type { TLSSocket } from "node:tls";

/** Open connections by the certificate that each presented, so that a host's can be cut. */
export interface Connections {
  add(fingerprint: string, socket: TLSSocket): void;
  /** How many are open. */
  of(fingerprint: string): number;
  /** @returns How many were open. */
  cut(fingerprint: string): number;
  all(): Iterable<TLSSocket>;
  readonly count: () => number;
}

export function createConnections(): Connections {
  const open = new Map<string, Set<TLSSocket>>();
  let total = 0;
  return {
    add(fingerprint, socket) {
      const sockets = open.get(fingerprint) ?? new Set();
      open.set(fingerprint, sockets);
      sockets.add(socket);
      total += 1;
      socket.once("close", () => {
        total -= 1;
        sockets.delete(socket);
        if (sockets.size === 0 && open.get(fingerprint) === sockets) open.delete(fingerprint);
      });
    },
    of: (fingerprint) => open.get(fingerprint)?.size ?? 0,
    cut(fingerprint) {
      const sockets = [...(open.get(fingerprint) ?? [])];
      for (const socket of sockets) socket.destroy();
      return sockets.length;
    },
    *all() {
      for (const sockets of open.values()) yield* sockets;
    },
    count: () => total,
  };
}
