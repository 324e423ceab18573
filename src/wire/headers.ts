/** Headers of the agent plane beyond those of HTTP: docs/protocol.md says what each means. */
export const HEADERS = {
  boot: "decnet-boot",
  sequence: "decnet-sequence",
  sentMs: "decnet-sent-ms",
  statusDigest: "decnet-status-digest",
  intervalMs: "decnet-interval-ms",
  generation: "decnet-generation",
  /** Code of the refusal, from docs/errors.md, beside the contract's `detail`. */
  error: "decnet-error",
} as const;
