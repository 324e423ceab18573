import { createHash } from "node:crypto";
import { isIP } from "node:net";
import type { RandomBytes } from "./issue.ts";

/**
 * A join token, one line of printable ASCII whose parts a shell can split at the slashes:
 *
 *     decnet-join-1/HOST/PORT/FINGERPRINT/SECRET/CHECKSUM
 *
 * HOST and PORT are the enrollment listener's, an IPv6 address without brackets. FINGERPRINT is the
 * authority's. SECRET is 32 random bytes in base64url (RFC 4648, section 5). CHECKSUM is the first
 * 8 hex digits of the SHA-256 of all before its slash, so that a paste cut short is told from a
 * token that is unknown.
 */
const VERSION = "decnet-join-1";
const HOST_NAME = /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*\.?$/;
const PORT = /^[1-9][0-9]{0,4}$/;
const FINGERPRINT = /^[0-9a-f]{64}$/;
const SECRET = /^[A-Za-z0-9_-]{43}$/;
const MAX_LENGTH = 512;

export interface MintedJoinToken {
  /** Names the token in listings; says nothing of its secret. */
  readonly id: string;
  /** The token itself, shown once. */
  readonly text: string;
  /** What is stored of it: SHA-256 of its secret part, lowercase hex. */
  readonly secretHash: string;
}

/**
 * Makes a token; nothing is stored yet.
 * @param address Where agents reach the enrollment listener: a host name or an IP address.
 * @throws {RangeError} If host, port or fingerprint are not of their form: the caller's bug.
 */
export function mintJoinToken(parts: {
  readonly authorityFingerprint: string;
  readonly host: string;
  readonly port: number;
  readonly random: RandomBytes;
}): MintedJoinToken {
  const secret = Buffer.from(parts.random(32)).toString("base64url");
  const id = Buffer.from(parts.random(6)).toString("hex");
  const body = [VERSION, parts.host, parts.port, parts.authorityFingerprint, secret].join("/");
  const text = `${body}/${checksum(body)}`;
  if (readJoinToken(text) === null) {
    throw new RangeError(`no join token for host ${parts.host}, port ${parts.port}`);
  }
  return { id, text, secretHash: hashSecret(secret) };
}

export interface JoinTokenReading {
  readonly host: string;
  readonly port: number;
  readonly authorityFingerprint: string;
  readonly secretHash: string;
}

/** @returns null if `text` is not a whole join token; white space around it is not minded. */
export function readJoinToken(text: string): JoinTokenReading | null {
  const token = text.trim();
  if (token.length > MAX_LENGTH) return null;
  const [version, host, port, fingerprint, secret, sum, ...rest] = token.split("/");
  if (version !== VERSION || rest.length > 0) return null;
  if (host === undefined || !(isIP(host) !== 0 || HOST_NAME.test(host))) return null;
  if (port === undefined || !PORT.test(port) || Number(port) > 65_535) return null;
  if (fingerprint === undefined || !FINGERPRINT.test(fingerprint)) return null;
  if (secret === undefined || !SECRET.test(secret)) return null;
  if (sum !== checksum(token.slice(0, token.lastIndexOf("/")))) return null;
  return {
    host,
    port: Number(port),
    authorityFingerprint: fingerprint,
    secretHash: hashSecret(secret),
  };
}

function checksum(body: string): string {
  return createHash("sha256").update(body).digest("hex").slice(0, 8);
}

function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}
