import type { IncomingHttpHeaders } from "node:http";
import { isIPv4 } from "node:net";

/** Whether a name or address means this machine alone, with no look-up to believe. */
export function isLoopback(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || (isIPv4(host) && Number.parseInt(host, 10) === 127)
  );
}

/**
 * Whether the Host header names this machine. A page elsewhere whose name was made to resolve to
 * 127.0.0.1 (DNS rebinding) gets here with its own name in it. The port may be a tunnel's.
 */
export function isLoopbackHostHeader(host: string | undefined): boolean {
  const name = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(host ?? "");
  return isLoopback((name?.[1] ?? name?.[2] ?? "").toLowerCase());
}

/**
 * Whether a browser says that another site's page made this request (Fetch Metadata; RFC 6454).
 * Clients that are no browsers send neither header.
 */
export function isCrossSite(headers: IncomingHttpHeaders): boolean {
  const { origin, host } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  return origin !== undefined && origin !== `http://${host}`;
}
