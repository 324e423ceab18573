import type { TLSSocket } from "node:tls";
import type { ErrorCode } from "../../domain/errors.ts";

/**
 * Why TLS itself turned a client away, as a request would have been refused: who is stopped here is
 * never heard, and would otherwise leave no trace but a line of debugging.
 * @returns null if it was no matter of the client's certificate: a port scan, a time-out.
 */
export function refusalAtHandshake(
  error: NodeJS.ErrnoException,
  socket: TLSSocket,
): Extract<ErrorCode, "certificate-unavailable" | "certificate-expired"> | null {
  if (error.code === "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE") return "certificate-unavailable";
  // The code of OpenSSL's verification, which Node leaves on the socket before it hangs up.
  const fault: unknown = socket.authorizationError;
  if (typeof fault !== "string") return null;
  return OUT_OF_TIME.has(fault) ? "certificate-expired" : "certificate-unavailable";
}

const OUT_OF_TIME: ReadonlySet<string> = new Set(["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID"]);
