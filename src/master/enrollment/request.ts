import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { networkOf } from "../tls/network-of.ts";
import type { AddressBudget } from "./address-budget.ts";
import type { Answer, HttpErrorCode } from "./answer.ts";

/** What one client may cost; docs/protocol.md tells. */
export const LIMITS = {
  bodyBytes: 65_536,
  headerBytes: 8192,
  requestMs: 10_000,
  headersMs: 5000,
  handshakeMs: 10_000,
  connections: 256,
  /** Nobody proves here who they are before they ask. */
  perAddress: 64,
  unprovenPerAddress: 64,
  burst: 20,
  perSecond: 2,
  addresses: 10_000,
} as const;

const ROUTES = {
  "/authority": "GET",
  "/enroll": "POST",
  "/recover/challenge": "POST",
  "/recover": "POST",
} as const;

export type Route = keyof typeof ROUTES;

/** Makes a refusal and counts it. */
export type Refuse = (
  code: HttpErrorCode,
  detail?: string | readonly unknown[] | null,
  headers?: Readonly<Record<string, string>>,
) => Answer;

export type RequestReading =
  | { readonly kind: "answered"; readonly answer: Answer }
  /** With an empty body for a GET. */
  | {
      readonly kind: "asked";
      readonly route: Route;
      readonly body: Buffer;
      readonly address: string;
      /** That the client asked for in its handshake; null if it asked for none. */
      readonly serverName: string | null;
    }
  /** The client hung up. */
  | { readonly kind: "gone" };

/** Reads a request as far as HTTP goes: rate, route, method and a bounded body. */
export async function readRequest(
  request: IncomingMessage,
  deps: { readonly budget: AddressBudget; readonly nowMs: number; readonly refuse: Refuse },
): Promise<RequestReading> {
  const answered = (...refusal: Parameters<Refuse>): RequestReading => ({
    kind: "answered",
    answer: deps.refuse(...refusal),
  });
  const address = addressOf(request);
  const waitMs = deps.budget.take(networkOf(address), deps.nowMs);
  if (waitMs > 0) {
    return answered("rate-limited", null, { "retry-after": String(Math.ceil(waitMs / 1000)) });
  }
  const route = request.url ?? "";
  if (!isRoute(route)) return answered("route-unknown");
  const method = ROUTES[route];
  if (request.method !== method) return answered("method-not-allowed", null, { allow: method });
  const asked = { kind: "asked", route, address, serverName: serverNameOf(request) } as const;
  if (method === "GET") return { ...asked, body: Buffer.alloc(0) };
  const body = await readBody(request);
  if (body === "gone") return { kind: "gone" };
  if (body === "too-large") return answered("body-too-large", `over ${LIMITS.bodyBytes} bytes`);
  return { ...asked, body };
}

function isRoute(path: string): path is Route {
  return Object.hasOwn(ROUTES, path);
}

async function readBody(request: IncomingMessage): Promise<Buffer | "too-large" | "gone"> {
  if (Number(request.headers["content-length"] ?? 0) > LIMITS.bodyBytes) return "too-large";
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const part = chunk as Buffer;
      bytes += part.length;
      if (bytes > LIMITS.bodyBytes) return "too-large";
      chunks.push(part);
    }
  } catch {
    return "gone";
  }
  return Buffer.concat(chunks);
}

function serverNameOf({ socket }: IncomingMessage): string | null {
  const { servername } = socket as TLSSocket;
  return typeof servername === "string" ? servername.toLowerCase() : null;
}

/** Without the prefix that a listener for both families puts before an IPv4 address. */
function addressOf(request: IncomingMessage): string {
  return (request.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
}
