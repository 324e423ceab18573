import { X509Certificate } from "node:crypto";
import tls, { type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import { DecnetError } from "../domain/errors.ts";
import {
  checkMasterCertificate,
  fingerprintOf,
  isValidAt,
  validityOf,
} from "../pki/certificate.ts";
import { masterNameUnder } from "../pki/trust.ts";

/** Chains here are two long; whoever presents more is nobody's master. */
const MAX_CHAIN = 8;
const TIMEOUT_MS = 10_000;

/**
 * Asks the master at an address for its authority and believes it only if its fingerprint is the
 * one of the join token. Sends nothing beyond the handshake, so it trusts nobody with anything.
 *
 * @returns The authority's certificate, PEM.
 * @throws {DecnetError} `master-unreachable`; `master-not-trusted` if this is not a master under
 *   that authority; `clock-off` if it is, but not at this machine's time.
 */
export async function fetchAuthority(place: {
  readonly host: string;
  readonly port: number;
  readonly authorityFingerprint: string;
  readonly nowMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<string> {
  const chain = await fetchChain(place);
  const where = `${place.host}:${place.port}`;
  const [leaf] = chain;
  const authority = chain.find(({ raw }) => fingerprintOf(raw) === place.authorityFingerprint);
  if (leaf === undefined || authority === undefined) {
    throw notTrusted(where, "its authority is not the one of the token");
  }
  if (!leaf.checkIssued(authority) || !leaf.verify(authority.publicKey)) {
    throw notTrusted(where, "its certificate is not of the authority that it presents");
  }
  const fault = checkMasterCertificate(leaf);
  if (fault !== null) throw notTrusted(where, fault);
  for (const certificate of [leaf, authority]) {
    const validity = validityOf(certificate);
    if (!isValidAt(validity, place.nowMs)) {
      throw new DecnetError(
        "clock-off",
        `it is ${iso(place.nowMs)} here, and the certificate of ${where} ` +
          `is valid from ${iso(validity.notBeforeMs)} to ${iso(validity.notAfterMs)}`,
      );
    }
  }
  return authority.toString();
}

/** The certificates that a server presents, its own first. The handshake proves that it has the key. */
async function fetchChain(place: {
  readonly host: string;
  readonly port: number;
  readonly authorityFingerprint: string;
  readonly signal?: AbortSignal | undefined;
}): Promise<readonly X509Certificate[]> {
  const socket = tls.connect({
    host: place.host,
    port: place.port,
    servername: masterNameUnder(place.authorityFingerprint),
    minVersion: "TLSv1.2",
    // Verified by hand right after, before this machine says a word: there is no `ca` to give yet.
    rejectUnauthorized: false,
  });
  const abort = () => socket.destroy(new Error("aborted"));
  place.signal?.addEventListener("abort", abort, { once: true });
  try {
    place.signal?.throwIfAborted();
    await secured(socket);
    return chainOf(socket);
  } catch (error) {
    place.signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    throw new DecnetError("master-unreachable", why, { cause: error });
  } finally {
    place.signal?.removeEventListener("abort", abort);
    socket.destroy();
  }
}

function secured(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("connection closed")));
    socket.setTimeout(TIMEOUT_MS, () => reject(new Error(`no answer within ${TIMEOUT_MS} ms`)));
  });
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let peer: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  // A self-signed certificate is its own issuer.
  while (peer?.raw !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new X509Certificate(peer.raw));
    peer = peer.issuerCertificate === peer ? undefined : peer.issuerCertificate;
  }
  return chain;
}

function notTrusted(where: string, why: string): DecnetError {
  return new DecnetError("master-not-trusted", `${where}: ${why}`);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
