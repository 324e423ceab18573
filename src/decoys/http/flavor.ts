import type { Framing, Head, HeadFault, Limits } from "./protocol.ts";

/** A request that the server has read and understood. */
export interface Request {
  readonly kind: "request";
  readonly method: string;
  /** As sent. */
  readonly target: string;
  /** Decoded path without query, starting with a slash; `*` for the server itself. */
  readonly path: string;
  readonly query: string;
  readonly version: Version;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Host that it asks, as the server names it in its answers; null if it did not say. */
  readonly host: string | null;
  readonly framing: Framing;
  readonly keepAlive: boolean;
}

/** HTTP/1.1 is 11, and so on. */
export type Version = number;

/** How a server answers what it will not serve. */
export interface Refusal {
  readonly kind: "refused";
  readonly status: number;
  /** Words for the event: what was wrong. */
  readonly reason: string;
  /** Words that the server puts on its page. */
  readonly detail?: string;
  /** Host that it has read by then; null if it had not come so far. */
  readonly host: string | null;
  /** HTTP/0.9 gets a page without headers. */
  readonly version: Version;
  readonly headers?: Headers;
}

export type Headers = readonly (readonly [name: string, value: string])[];

/** What a site has to say, before a server has put it in its own words. */
export type Answer =
  | {
      readonly kind: "file";
      readonly type: string;
      readonly bytes: Buffer;
      /** Unix milliseconds. */
      readonly modifiedMs: number;
    }
  /** Made by the application behind the server. */
  | {
      readonly kind: "page";
      readonly status: number;
      readonly bytes: Buffer;
      readonly headers: Headers;
    }
  /** A directory asked for without its slash. */
  | { readonly kind: "moved"; readonly path: string }
  | { readonly kind: "error"; readonly status: number; readonly headers?: Headers };

/** One answer's surroundings: the connection and the clock. */
export interface Moment {
  readonly nowMs: number;
  /** Requests answered before on this connection. */
  readonly served: number;
}

export interface Reply {
  readonly status: number;
  readonly bytes: Buffer;
  readonly close: boolean;
}

/** One server's manners: what it takes, what it refuses, and to the byte how it answers. */
export interface Flavor {
  readonly limits: Limits;
  /** How long a connection may be idle between requests, and within one. */
  readonly keepAliveMs: number;
  readonly requestMs: number;
  /** Longest body, in bytes. */
  readonly bodyBytes: number;
  /** True if files are answered before the request's body has come. */
  readonly answersEarly: boolean;
  refuse(fault: HeadFault): Refusal;
  judge(head: Head): Request | Refusal;
  reply(request: Request, answer: Answer, moment: Moment): Reply;
  refusal(refusal: Refusal, nowMs: number): Reply;
  /** Answer to a request that never came whole; null to hang up without a word. */
  late(nowMs: number): Buffer | null;
}

/** Value of the first header of that name (lowercase), or undefined. */
export function headerOf(request: { readonly headers: Headers }, name: string): string | undefined {
  return request.headers.find(([found]) => found.toLowerCase() === name)?.[1];
}

/** IMF-fixdate (RFC 9110, section 5.6.7). */
export function httpDate(ms: number): string {
  return new Date(ms).toUTCString();
}

export function assemble(
  status: string,
  headers: readonly (readonly [string, string] | null)[],
  body: Buffer,
): Buffer {
  const lines = headers
    .filter((header) => header !== null)
    .map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${[status, ...lines].join("\r\n")}\r\n\r\n`, "latin1"),
    body,
  ]);
}

/** The part of a path that names what is asked: decoded, without `.` and `..`; null if it cannot be. */
export function resolvePath(target: string): string | null {
  const [raw = ""] = target.split(/[?#]/, 1);
  if (/%(?![0-9a-f]{2})/i.test(raw)) return null;
  const decoded = raw.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const kept: string[] = [];
  for (const part of decoded.split("/").slice(1)) {
    if (part === "..") {
      if (kept.pop() === undefined) return null;
    } else if (part !== "." && part !== "") kept.push(part);
  }
  const slash = /(?:\/|\/\.{1,2})$/.test(decoded) && kept.length > 0 ? "/" : "";
  return `/${kept.join("/")}${slash}`;
}

/** One range of bytes (RFC 9110, section 14.1.2), or null for none that a server must honor. */
export function rangeOf(
  value: string | undefined,
  length: number,
): { readonly first: number; readonly last: number } | "unsatisfiable" | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(value ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") {
    const suffix = Number(match[2]);
    if (suffix === 0) return "unsatisfiable";
    return { first: Math.max(0, length - suffix), last: length - 1 };
  }
  const first = Number(match[1]);
  const last = match[2] === "" ? length - 1 : Math.min(Number(match[2]), length - 1);
  if (first >= length) return "unsatisfiable";
  return last < first ? null : { first, last };
}

/** Whether a client takes gzip, as servers read it: named, and not with a quality of zero. */
export function takesGzip(request: Request): boolean {
  const accepts = headerOf(request, "accept-encoding") ?? "";
  return request.version >= 11 && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepts);
}
