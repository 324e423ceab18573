/** Headers of the agent plane beyond those of HTTP: docs/protocol.md says what each means. */
export const HEADERS = {
  boot: "decnet-boot",
  sequence: "decnet-sequence",
  sentMs: "decnet-sent-ms",
  statusDigest: "decnet-status-digest",
  /** Nonce that an accepted heartbeat is answered with, and the next one echoes. */
  nonce: "decnet-nonce",
  echo: "decnet-echo",
  intervalMs: "decnet-interval-ms",
  generation: "decnet-generation",
  /** Authorities that are trusted, the newest first: the first 16 digits of each fingerprint. */
  authorities: "decnet-authorities",
  /** Code of the refusal, from docs/errors.md, beside the contract's `detail`. */
  error: "decnet-error",
} as const;

/** 16 bytes in base64url: what `Decnet-Nonce` gives and `Decnet-Echo` gives back. */
export function isNonce(text: string): boolean {
  return /^[A-Za-z0-9_-]{22}$/.test(text);
}
