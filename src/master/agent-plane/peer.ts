import type { TLSSocket } from "node:tls";
import { checkAgentCertificate, fingerprintOf, validityOf } from "../../pki/certificate.ts";
import { issuerOf, type TrustedAuthority } from "../../pki/trust.ts";
import type { Peer } from "./exchange.ts";

const known = new WeakMap<TLSSocket, Peer | null>();

/**
 * Who is at the other end, read from the certificate of this very connection, once a connection.
 * @param trusted As of now: TLS looked when the connection was made, and not at all if it resumed.
 * @returns null without a certificate under one of them, or with one that may not act as an
 *   agent's: fails closed.
 */
export function peerOf(socket: TLSSocket, trusted: readonly TrustedAuthority[]): Peer | null {
  let peer = known.get(socket);
  if (peer === undefined) {
    peer = read(socket, trusted);
    known.set(socket, peer);
  }
  return peer !== null && trusted.some(({ fingerprint }) => fingerprint === peer.authority)
    ? peer
    : null;
}

function read(socket: TLSSocket, trusted: readonly TrustedAuthority[]): Peer | null {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined || checkAgentCertificate(certificate) !== null) return null;
  const authority = issuerOf(certificate, trusted);
  if (authority === null) return null;
  return {
    fingerprint: fingerprintOf(certificate.raw),
    authority: authority.fingerprint,
    ...validityOf(certificate),
    // Without the prefix that a listener for both families puts before an IPv4 address.
    address: (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
  };
}
