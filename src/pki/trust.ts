import { X509Certificate } from "node:crypto";
import { fingerprintOf, MASTER_NAME } from "./certificate.ts";

/** One that is used, one that it takes the place of; more than that is nobody's rotation. */
const MOST_AUTHORITIES = 4;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;

/** An authority as those know it who trust it: without its key. */
export interface TrustedAuthority {
  /** Lowercase hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  readonly certificate: X509Certificate;
  readonly certificatePem: string;
}

/**
 * Reads certificates of authorities that stand one behind the other, in PEM.
 * @returns In their order, each once; null if there is none, or one that is no authority's.
 */
export function readAuthorities(pem: string): readonly TrustedAuthority[] | null {
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0 || blocks.length > MOST_AUTHORITIES) return null;
  const found = new Map<string, TrustedAuthority>();
  for (const block of blocks) {
    const authority = readAuthority(block);
    if (authority === null) return null;
    if (!found.has(authority.fingerprint)) found.set(authority.fingerprint, authority);
  }
  return [...found.values()];
}

function readAuthority(pem: string): TrustedAuthority | null {
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.ca || !certificate.verify(certificate.publicKey)) return null;
    const fingerprint = fingerprintOf(certificate.raw);
    return { fingerprint, certificate, certificatePem: certificate.toString() };
  } catch {
    return null;
  }
}

/** Which of the authorities signed a certificate; null if none of them did. */
export function issuerOf<T extends Pick<TrustedAuthority, "certificate">>(
  leaf: X509Certificate,
  authorities: readonly T[],
): T | null {
  return (
    authorities.find(
      ({ certificate }) => leaf.checkIssued(certificate) && leaf.verify(certificate.publicKey),
    ) ?? null
  );
}

/**
 * The name by which a client asks for a master's certificate of this authority, and of no other:
 * half of its fingerprint, since a label of a name has no room for the whole, before `MASTER_NAME`.
 */
export function masterNameUnder(fingerprint: string): string {
  return `${fingerprint.slice(0, 32)}.${MASTER_NAME}`;
}

/** The name under the newest of these authorities. */
export function masterNameOf(pem: string): string {
  const [newest] = readAuthorities(pem) ?? [];
  return newest === undefined ? MASTER_NAME : masterNameUnder(newest.fingerprint);
}

/** How a set of authorities is told in a header, the newest first. */
export function headerOf(fingerprints: readonly string[]): string {
  return fingerprints.map((fingerprint) => fingerprint.slice(0, 16)).join(" ");
}
