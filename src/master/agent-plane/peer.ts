import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import {
  checkAgentCertificate,
  fingerprintOf,
  type Validity,
  validityOf,
} from "../../pki/certificate.ts";
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
  if (certificate === undefined) return null;
  const fingerprint = fingerprintOf(certificate.raw);
  const facts = proven.get(fingerprint) ?? prove(certificate, trusted);
  if (facts === null) return null;
  remember(fingerprint, facts);
  return {
    fingerprint,
    ...facts,
    // Without the prefix that a listener for both families puts before an IPv4 address.
    address: (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, ""),
  };
}

interface Facts extends Validity {
  /** Fingerprint of the authority that signed the certificate: whoever did always will have. */
  readonly authority: string;
}

function prove(certificate: X509Certificate, trusted: readonly TrustedAuthority[]): Facts | null {
  if (checkAgentCertificate(certificate) !== null) return null;
  const authority = issuerOf(certificate, trusted);
  return authority && { authority: authority.fingerprint, ...validityOf(certificate) };
}

/**
 * What certificates say of themselves, by fingerprint, so that who connects again is not verified a
 * second time beside TLS. None of it changes; whether an authority is trusted is asked each time.
 */
const proven = new Map<string, Facts>();
const MOST_PROVEN = 65_536;

/** The one that connected least recently is forgotten first. */
function remember(fingerprint: string, facts: Facts): void {
  proven.delete(fingerprint);
  proven.set(fingerprint, facts);
  if (proven.size <= MOST_PROVEN) return;
  for (const oldest of proven.keys()) {
    proven.delete(oldest);
    return;
  }
}
