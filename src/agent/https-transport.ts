import { X509Certificate } from "node:crypto";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { type PeerCertificate, TLSSocket } from "node:tls";
import type { Clock } from "../domain/clock.ts";
import { DecnetError } from "../domain/errors.ts";
import { checkMasterCertificate, MASTER_NAME } from "../pki/certificate.ts";
import { masterNameOf } from "../pki/trust.ts";
import type { AgentAnswer, AgentRequest, AgentTransport } from "./transport.ts";

/** One for the long poll, one for heartbeats and events, one so that a beat never waits for events. */
const MAX_SOCKETS = 3;
/** A desired state of thousands of deckies is far below. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

export interface HttpsTransportParts {
  /** Where the agent plane listens: a name or an address. */
  readonly host: string;
  readonly port: number;
  /** PEM, all three. */
  readonly key: string;
  readonly certificate: string;
  /** The swarm's authorities as of now, the newest first; no others are trusted. */
  readonly authority: () => string;
  readonly clock: Clock;
}

/** Kept-alive connections of mutual TLS (1.2 or later) to the swarm's master, and to nobody else. */
export function createHttpsTransport(parts: HttpsTransportParts): AgentTransport {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: MAX_SOCKETS,
    // Node does not check a server's name and role again when it resumes a session. Connections are
    // few and long, and a restarted master could not resume the sessions of the one before.
    maxCachedSessions: 0,
    key: parts.key,
    cert: parts.certificate,
    minVersion: "TLSv1.2",
    rejectUnauthorized: true,
    checkServerIdentity: (_name, peer) => checkServer(peer),
  });

  let asked = { ca: "", servername: MASTER_NAME };

  return {
    async request(request) {
      request.signal?.throwIfAborted();
      const timer = new AbortController();
      const ca = parts.authority();
      if (asked.ca !== ca) asked = { ca, servername: masterNameOf(ca) };
      const outgoing = httpsRequest({
        agent,
        // Of the request, not of the agent: so that connections are kept by what they trust.
        ...asked,
        host: parts.host,
        port: parts.port,
        method: request.method,
        path: request.path,
        headers: headersOf(request),
      });
      const onAbort = (): void => void outgoing.destroy(new Error("aborted"));
      request.signal?.addEventListener("abort", onAbort, { once: true });
      parts.clock.sleep(request.timeoutMs, timer.signal).then(
        () => outgoing.destroy(new Error(`no answer within ${request.timeoutMs} ms`)),
        () => {},
      );
      try {
        return await exchange(outgoing, request.body ?? null);
      } catch (error) {
        request.signal?.throwIfAborted();
        throw whyItFailed(error, outgoing, parts);
      } finally {
        timer.abort();
        request.signal?.removeEventListener("abort", onAbort);
      }
    },
    close: () => agent.destroy(),
  };
}

function checkServer(peer: PeerCertificate): Error | undefined {
  const fault = checkMasterCertificate(new X509Certificate(peer.raw));
  return fault === null ? undefined : new Error(fault);
}

function headersOf({ headers = {}, body = null }: AgentRequest): Record<string, string> {
  if (body === null) return { ...headers, "content-length": "0" };
  return {
    ...headers,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  };
}

async function exchange(outgoing: ClientRequest, body: string | null): Promise<AgentAnswer> {
  const incoming = await new Promise<IncomingMessage>((resolve, reject) => {
    outgoing.on("response", resolve);
    outgoing.on("error", reject);
    outgoing.end(body ?? undefined);
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error("answer too large");
    chunks.push(chunk);
  }
  return {
    status: incoming.statusCode ?? 0,
    headers: flat(incoming.headers),
    body: Buffer.concat(chunks).toString("utf8"),
  };
}

function flat(headers: IncomingHttpHeaders): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : value,
    ]),
  );
}

/** Tells a server that did not prove to be the master from one that could not be reached. */
function whyItFailed(
  cause: unknown,
  { socket }: ClientRequest,
  { host, port }: HttpsTransportParts,
): DecnetError {
  const where = `${host}:${port}`;
  const message = cause instanceof Error ? messageOf(cause) : String(cause);
  // Set by TLS before it destroys a socket whose peer it did not accept; null on all others.
  const unauthorized = socket instanceof TLSSocket ? socket.authorizationError : null;
  if (unauthorized === null || unauthorized === undefined) {
    return new DecnetError("master-unreachable", `${where}: ${message}`, { cause });
  }
  const reason = String(unauthorized);
  const code = ["CERT_NOT_YET_VALID", "CERT_HAS_EXPIRED"].includes(reason)
    ? "clock-off"
    : "master-not-trusted";
  return new DecnetError(code, `${where}: ${message}`, { cause });
}

/** Several addresses of one name fail with an error that says nothing but that they did. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError && error.message === "") {
    return error.errors.map((each) => (each instanceof Error ? each.message : "failed")).join(", ");
  }
  return error.message;
}
