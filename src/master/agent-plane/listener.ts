import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { TrustedAuthority } from "../../pki/trust.ts";
import { MAX_EVENTS_BYTES } from "../../wire/events.ts";
import { MAX_HEARTBEAT_BYTES } from "../../wire/heartbeat.ts";
import { listenOn } from "../listen.ts";
import { createContexts, type Presentation, type ServerCertificate } from "../presentation.ts";
import { limitCrowd } from "../tls/crowd.ts";
import { TLS_POLICY } from "../tls/policy.ts";
import { type Connections, createConnections } from "./connections.ts";
import { type AgentAnswer, type Body, bodyOf, type Peer, refuse } from "./exchange.ts";
import { refusalAtHandshake } from "./handshake.ts";
import { AGENT_PLANE_LIMITS, type AgentPlaneLimits } from "./limits.ts";
import { peerOf } from "./peer.ts";
import type { AgentPlane } from "./plane.ts";

export interface AgentListener {
  readonly port: number;
  readonly connections: Connections;
  /**
   * Shows new connections something else, and trusts by it. Open ones keep what they were shown, but
   * those of authorities that are not trusted any more are cut.
   */
  readonly present: (presentation: Presentation) => void;
  /** Cuts all connections; resolves when the last request has been dealt with. */
  close(): Promise<void>;
}

/**
 * Opens the agent plane: TLS with a client certificate under an authority, required and verified;
 * who has none does not get past the handshake.
 *
 * @throws DecnetError port-in-use, or config-invalid if it cannot listen for another reason.
 */
export async function openAgentListener(deps: {
  readonly plane: AgentPlane;
  readonly log: Log;
  readonly listen: { readonly host: string; readonly port: number };
  readonly presentation: Presentation;
  /** Counts connections that were turned away unheard. */
  readonly refused: (code: ErrorCode) => void;
  readonly limits?: AgentPlaneLimits;
}): Promise<AgentListener> {
  const { plane, log, limits = AGENT_PLANE_LIMITS } = deps;
  const secure = ({ keyPem, chainPem }: ServerCertificate, { authorities }: Presentation) => ({
    ...TLS_POLICY,
    key: keyPem,
    cert: chainPem,
    ca: authorities.map(({ certificatePem }) => certificatePem),
    // The same whichever certificate is shown, or a session could not be resumed at all.
    sessionIdContext: "agent-plane",
  });
  let { authorities } = deps.presentation;
  const contexts = createContexts(deps.presentation, secure);
  const server = createServer({
    ...secure(deps.presentation.byDefault, deps.presentation),
    SNICallback: contexts.choose,
    requestCert: true,
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
    handshakeTimeout: limits.handshakeMs,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: limits.checkMs,
    maxHeaderSize: limits.headerBytes,
  });
  server.maxConnections = limits.connections;
  // Else who never reads an answer would keep it, and the connection, for ever.
  server.timeout = limits.idleMs;
  const connections = createConnections();
  const turnedAway = () => deps.refused("overloaded");
  const crowd = limitCrowd(server, { ...limits, unprovenMs: limits.handshakeMs }, turnedAway);
  server.on("drop", turnedAway);

  server.on("secureConnection", (socket) => {
    const peer = peerOf(socket, authorities);
    if (peer === null) return;
    if (connections.of(peer.fingerprint) >= limits.perCertificate) {
      turnedAway();
      socket.destroy();
      return;
    }
    crowd.proven(socket);
    connections.add(peer.fingerprint, socket);
  });
  server.on("tlsClientError", (error, socket) => {
    const code = refusalAtHandshake(error, socket);
    if (code !== null) deps.refused(code);
    log.debug("agent plane: handshake failed", {
      error: error.message,
      fault: socket.authorizationError,
      address: socket.remoteAddress,
    });
    // There is no TLS to say anything over, and so nothing to wait for.
    socket.destroy();
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === "ECONNRESET") {
      socket.destroy();
      return;
    }
    const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
    const reason = late ? "408 Request Timeout\r\ndecnet-error: body-too-slow" : "400 Bad Request";
    socket.end(`HTTP/1.1 ${reason}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
  });
  const serving = new Set<Promise<void>>();
  server.on("request", (request, response) => {
    const served = serve(plane, authorities, request, response).catch((error: unknown) => {
      log.error("agent plane: request failed", { error });
      request.socket.destroy();
    });
    serving.add(served);
    void served.then(() => serving.delete(served));
  });
  // Asked before a large body is sent: refuse it before, too.
  server.on("checkContinue", (request, response) => {
    if (!tooLarge(request)) response.writeContinue();
    server.emit("request", request, response);
  });

  await listenOn(server, deps.listen);
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    present(presentation) {
      ({ authorities } = presentation);
      contexts.show(presentation);
      server.setSecureContext(secure(presentation.byDefault, presentation));
      for (const socket of connections.all()) {
        if (peerOf(socket, authorities) === null) socket.destroy();
      }
    },
    async close() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      server.closeAllConnections();
      await closed;
      await Promise.all(serving);
    },
  };
}

async function serve(
  plane: AgentPlane,
  authorities: readonly TrustedAuthority[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await readBody(request);
  if (body === "gone") return;
  if (body === "too-large") return hangUp(request, response, refuse("body-too-large"));
  // The listener is TLS alone, so its sockets are.
  const peer: Peer | null = peerOf(request.socket as TLSSocket, authorities);
  const path = request.url ?? "/";
  const query = path.indexOf("?");
  // Only a request that waits needs to know that its connection closed.
  const closed = request.method === "GET" ? new AbortController() : null;
  if (closed !== null) response.once("close", () => closed.abort());
  const answer = await plane.handle({
    peer,
    method: request.method ?? "",
    path: query === -1 ? path : path.slice(0, query),
    headers: request.headers,
    body,
    signal: closed?.signal ?? null,
  });
  send(response, answer);
}

function send(response: ServerResponse, { status, headers, body }: AgentAnswer): void {
  if (response.destroyed) return;
  if (body === null) {
    response.writeHead(status, headers).end();
    return;
  }
  response.writeHead(status, { ...headers, "content-length": Buffer.byteLength(body) }).end(body);
}

/** Answers, then closes without reading on: the rest of the body is nobody's. */
function hangUp(request: IncomingMessage, response: ServerResponse, answer: AgentAnswer): void {
  request.pause();
  response.shouldKeepAlive = false;
  send(response, answer);
  response.once("finish", () => request.socket.destroySoon());
}

function tooLarge(request: IncomingMessage): boolean {
  return Number(request.headers["content-length"] ?? 0) > limitOf(request);
}

function limitOf(request: IncomingMessage): number {
  return request.url?.startsWith("/swarm/events") ? MAX_EVENTS_BYTES : MAX_HEARTBEAT_BYTES;
}

function readBody(request: IncomingMessage): Promise<Body | "too-large" | "gone"> {
  return new Promise((resolve) => {
    if (tooLarge(request)) return resolve("too-large");
    const limit = limitOf(request);
    const parts: Buffer[] = [];
    let bytes = 0;
    request.on("data", (part: Buffer) => {
      bytes += part.length;
      if (bytes > limit) resolve("too-large");
      else parts.push(part);
    });
    request.on("end", () => resolve(bodyOf(parts)));
    request.on("close", () => resolve("gone"));
  });
}
