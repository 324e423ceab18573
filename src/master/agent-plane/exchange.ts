import { createHash, hash } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { ERRORS, type ErrorCode } from "../../domain/errors.ts";
import { HEADERS } from "../../wire/headers.ts";

/** Who is at the other end of a connection, as TLS proved it. */
export interface Peer {
  /** Lowercase hex SHA-256 of the DER certificate. */
  readonly fingerprint: string;
  /** Fingerprint of the authority that issued it; left out where nobody asks. */
  readonly authority?: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly address: string;
}

/** A request of the agent plane, whatever carried it: TLS, or a simulated network. */
export interface AgentRequest {
  /** Null if the connection presented no certificate that may act as an agent's. */
  readonly peer: Peer | null;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Names in lowercase. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
  /** Aborts when the connection closes: nobody waits for the answer any more. */
  readonly signal: AbortSignal | null;
}

/** A request's target without its query. */
export function pathOf(target: string): string {
  const query = target.indexOf("?");
  return query === -1 ? target : target.slice(0, query);
}

/** Answers a request that came over a socket; who is at its other end is the socket's to say. */
export type Serve = (
  socket: TLSSocket,
  request: Omit<AgentRequest, "peer">,
) => Promise<AgentAnswer>;

/**
 * A request's body as it came. Most are known by their digest and never read: so the parts stay
 * apart until somebody asks, since every copy of a large one is felt in the garbage collector.
 */
export interface Body {
  readonly byteLength: number;
  /** SHA-256, lowercase hex. */
  digest(): string;
  bytes(): Buffer;
}

export function bodyOf(parts: readonly Buffer[]): Body {
  const [first = EMPTY] = parts;
  const whole = parts.length <= 1;
  return {
    byteLength: parts.reduce((sum, { length }) => sum + length, 0),
    digest() {
      if (whole) return hash("sha256", first, "hex");
      const digest = createHash("sha256");
      for (const part of parts) digest.update(part);
      return digest.digest("hex");
    },
    bytes: () => (whole ? first : Buffer.concat(parts)),
  };
}

const EMPTY = Buffer.alloc(0);

/** A body in so many parts comes from no agent. */
const MANY_PARTS = 1024;

/** Keeps one more part. Small ones are joined, or they would hold many times their bytes. */
export function keepPart(parts: Buffer[], part: Buffer): void {
  parts.push(part);
  if (parts.length >= MANY_PARTS) parts.splice(0, parts.length, Buffer.concat(parts));
}

export interface AgentAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON; null for no body. */
  readonly body: string | null;
}

/** A refusal as the contract words it: `detail` in the body, our code in a header. */
export function refuse(
  code: ErrorCode,
  more: {
    readonly detail?: unknown;
    readonly headers?: Readonly<Record<string, string>>;
  } = {},
): AgentAnswer {
  const { status, message } = ERRORS[code];
  const pause = status === 429 || status === 503 ? { "retry-after": "5" } : {};
  return {
    status: status ?? 500,
    headers: { ...JSON_TYPE, [HEADERS.error]: code, ...pause, ...more.headers },
    body: JSON.stringify({ detail: more.detail ?? message }),
  };
}

export const JSON_TYPE = { "content-type": "application/json" } as const;

export const NO_CONTENT: AgentAnswer = { status: 204, headers: {}, body: null };
