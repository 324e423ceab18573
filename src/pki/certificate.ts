import { hash, type X509Certificate } from "node:crypto";

/** The one DNS name of every master's certificate: agents ask for it whatever address they dial. */
export const MASTER_NAME = "master.decnet.internal";

/**
 * What a certificate may act as, beside clientAuth and serverAuth: object identifiers under
 * 2.25 (ITU-T X.667), which need no registration.
 */
export const ROLE_OIDS = {
  agent: "2.25.189028009997251445561298854767295856123",
  master: "2.25.26320644813122420114165252774965601595",
  operatorServer: "2.25.328541289469029371986168001402626764468",
} as const;

/** Extended key usages of RFC 5280, section 4.2.1.12. */
export const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
export const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

const HOST_URI = /^URI:decnet:\/\/host\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Lowercase hex SHA-256 of a DER certificate: how a certificate is named everywhere. */
export function fingerprintOf(der: Uint8Array): string {
  return hash("sha256", der, "hex");
}

/** When a certificate is valid, both ends included, Unix milliseconds. */
export interface Validity {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export function validityOf(certificate: X509Certificate): Validity {
  return {
    notBeforeMs: certificate.validFromDate.getTime(),
    notAfterMs: certificate.validToDate.getTime(),
  };
}

/** Leaves begin a little before they are issued, since no two clocks agree. */
export const LEAF_BACKDATE_MS = 5 * 60_000;

/** When a leaf was issued, and when it runs out: what is halved to find when to renew it. */
export function lifeOf(leaf: X509Certificate): {
  readonly sinceMs: number;
  readonly notAfterMs: number;
} {
  const { notBeforeMs, notAfterMs } = validityOf(leaf);
  return { sinceMs: notBeforeMs + LEAF_BACKDATE_MS, notAfterMs };
}

export function isValidAt({ notBeforeMs, notAfterMs }: Validity, nowMs: number): boolean {
  // notAfter names a whole second, which still counts.
  return nowMs >= notBeforeMs && nowMs < notAfterMs + 1000;
}

/**
 * Whether a certificate may act as a master: role, serverAuth and name. Its chain and validity are
 * not looked at: TLS has verified those.
 * @returns What is wrong with it, or null.
 */
export function checkMasterCertificate(certificate: X509Certificate): string | null {
  const usages = usagesOf(certificate);
  if (!usages.includes(ROLE_OIDS.master)) return "certificate is not a master's";
  if (!usages.includes(SERVER_AUTH)) return "certificate may not serve";
  if (certificate.checkHost(MASTER_NAME, { subject: "never" }) === undefined) {
    return `certificate does not name ${MASTER_NAME}`;
  }
  return null;
}

/**
 * Whether a certificate may act as an agent: role, clientAuth and no serverAuth. Chain, validity
 * and pin are not looked at.
 * @returns What is wrong with it, or null.
 */
export function checkAgentCertificate(certificate: X509Certificate): string | null {
  const usages = usagesOf(certificate);
  if (!usages.includes(ROLE_OIDS.agent)) return "certificate is not an agent's";
  if (!usages.includes(CLIENT_AUTH)) return "certificate may not act as a client";
  if (usages.includes(SERVER_AUTH)) return "an agent's certificate may not serve";
  return null;
}

/**
 * The host that a certificate was issued to; null if it names none. A hint for logs: only the pin
 * says who a connection is.
 */
export function hostUuidOf(certificate: X509Certificate): string | null {
  return HOST_URI.exec(certificate.subjectAltName ?? "")?.[1] ?? null;
}

function usagesOf(certificate: X509Certificate): readonly string[] {
  // Node calls the extended key usage `keyUsage` and, against its types, may leave it undefined.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return usages ?? [];
}
