/** Names of facts whose values never reach a log. */
const SECRET_NAME = /key|token|passw|passphrase|secret|cookie|authorization|credential|csrf/i;
/** Parts of values that are secrets under any name: private keys in PEM, join and API tokens. */
const SECRET_PART =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)|decnet-join-\d+\/\S+|decnet-api-[\w-]+/g;
const DEEPEST = 6;

/**
 * The same facts, with all that is key-, token- or password-like replaced, and errors made plain.
 * Cuts what is nested deeper than anybody logs on purpose, and what contains itself.
 */
export function redact(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return value.replace(SECRET_PART, "[redacted]");
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return value;
  if (depth >= DEEPEST) return "[cut]";
  if (value instanceof Error) return errorFacts(value, depth);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) return value.map((item) => redact(item, depth + 1));
  if (value instanceof Map) return redact(Object.fromEntries(value), depth);
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      isSecret(name, item) ? "[redacted]" : redact(item, depth + 1),
    ]),
  );
}

/** A count or a yes says nothing that must be kept. */
function isSecret(name: string, item: unknown): boolean {
  return SECRET_NAME.test(name) && (typeof item === "string" || typeof item === "object");
}

function errorFacts(error: Error, depth: number): unknown {
  const { name, message, stack, cause } = error;
  const code = "code" in error ? { code: error.code } : {};
  const because = cause === undefined ? {} : { cause: redact(cause, depth + 1) };
  return { name, message: redact(message), ...code, stack: redact(stack ?? null), ...because };
}
