import { pathOf } from "../exchange.ts";

/** The head of a request as agents write them. */
export interface Head {
  readonly method: "GET" | "POST";
  /** Without the query. */
  readonly path: string;
  /** Names in lowercase, each once. */
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyBytes: number;
}

/**
 * A request line with a path and fields of visible characters, spaces and tabs (RFC 9112, sections 3
 * and 5): no folding, no bytes above ASCII, no line ends but CRLF.
 */
const PLAIN = /^(?:GET|POST) \/[!-~]* HTTP\/1\.1(?:\r\n[\w!#$%&'*+.^`|~-]+:[\t -~]*)*$/;
const LENGTH = /^\d{1,10}$/;
const KEEP_ALIVE = /^keep-alive$/i;
/** They change how a message is read, or what becomes of the connection. */
const UNUSUAL: ReadonlySet<string> = new Set([
  "connection",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Reads a head, or leaves it alone: whatever is not plain and certain is for a whole parser to read.
 *
 * @param text What stands before the empty line, in latin1.
 * @returns null for all but GET and POST of HTTP/1.1 with a path, a host, and fields that come once
 *   and say nothing about the connection but that it stays open.
 */
export function readHead(text: string): Head | null {
  if (!PLAIN.test(text)) return null;
  const [requestLine = "", ...fields] = text.split("\r\n");
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const field of fields) {
    const colon = field.indexOf(":");
    const name = field.slice(0, colon).toLowerCase();
    const value = field.slice(colon + 1).trim();
    if (headers[name] !== undefined) return null;
    if (UNUSUAL.has(name) && !(name === "connection" && KEEP_ALIVE.test(value))) return null;
    headers[name] = value;
  }
  const length = headers["content-length"] ?? "0";
  if (headers["host"] === undefined || !LENGTH.test(length)) return null;
  const [method, target = ""] = requestLine.split(" ");
  return {
    method: method === "GET" ? "GET" : "POST",
    path: pathOf(target),
    headers,
    bodyBytes: Number(length),
  };
}
