import type { TLSSocket } from "node:tls";
import { checkAgentCertificate, fingerprintOf, validityOf } from "../../pki/certificate.ts";
import type { Peer } from "./exchange.ts";

const known = new WeakMap<TLSSocket, Peer | null>();

/**
 * Who is at the other end, read from the certificate of this very connection, once a connection.
 * @returns null without a certificate, or with one that may not act as an agent's: fails closed.
 */
export function peerOf(socket: TLSSocket): Peer | null {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const peer = read(socket);
  known.set(socket, peer);
  return peer;
}

function read(socket: TLSSocket): Peer | null {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined || checkAgentCertificate(certificate) !== null) return null;
  return {
    fingerprint: fingerprintOf(certificate.raw),
    ...validityOf(certificate),
    // Without the prefix that a listener for both families puts before an IPv4 address.
    address: (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
  };
}
