import { isUtf8 } from "node:buffer";

/**
 * Parses JSON (RFC 8259) in UTF-8.
 * @returns undefined if `body` is neither: no JSON value is undefined.
 */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
