import type { X509Certificate } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP, isIPv4 } from "node:net";

/** Where browsers find this plane. */
export interface Site {
  /** Whether it is reached over TLS. */
  readonly isSecure: boolean;
  /** Whether a name or address, in lowercase, means this master. */
  isOurs(host: string): boolean;
}

/** Whether a name or address means this machine alone, with no look-up to believe. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || (isIPv4(host) && Number.parseInt(host, 10) === 127)
  );
}

/** @param certificate Of the listener; null if it has none: then loopback is all that is ours. */
export function siteOf(certificate: X509Certificate | null): Site {
  return {
    isSecure: certificate !== null,
    isOurs: (host) => isLoopback(host) || (certificate !== null && names(certificate, host)),
  };
}

/** Never by a wildcard: whoever has a name below it could point that one here. */
function names(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) return certificate.checkIP(host) !== undefined;
  return certificate.checkHost(host, { subject: "never", wildcards: false }) !== undefined;
}

/**
 * Whether the Host header names this master. A page elsewhere whose name was made to resolve to its
 * address (DNS rebinding) gets here with its own name in it. The port may be a tunnel's.
 */
export function isOurHostHeader(header: string | undefined, site: Site): boolean {
  const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(header ?? "");
  const host = (name?.[1] ?? name?.[2] ?? "").toLowerCase();
  return host !== "" && site.isOurs(host);
}

/**
 * Whether a browser says that another site's page made this request (Fetch Metadata; RFC 6454).
 * Clients that are no browsers send neither header.
 */
export function isCrossSite(headers: IncomingHttpHeaders, { isSecure }: Site): boolean {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return origin !== undefined && origin !== `${isSecure ? "https" : "http"}://${host}`;
}
