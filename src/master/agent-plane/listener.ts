import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import { listenOn } from "../listen.ts";
import { createContexts, type Presentation, type ServerCertificate } from "../presentation.ts";
import { limitCrowd } from "../tls/crowd.ts";
import { TLS_POLICY } from "../tls/policy.ts";
import { type Connections, createConnections } from "./connections.ts";
import type { Serve } from "./exchange.ts";
import { refusalAtHandshake } from "./handshake.ts";
import { createFallback } from "./lane/fallback.ts";
import { createLanes } from "./lane/lane.ts";
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
  readonly nowMs: () => number;
  readonly log: Log;
  readonly listen: { readonly host: string; readonly port: number };
  readonly presentation: Presentation;
  /** Counts connections that were turned away unheard. */
  readonly refused: (code: ErrorCode) => void;
  readonly limits?: AgentPlaneLimits;
}): Promise<AgentListener> {
  const { plane, nowMs, log, limits = AGENT_PLANE_LIMITS } = deps;
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
  const serve: Serve = (socket, request) =>
    plane.handle({ peer: peerOf(socket, authorities), ...request });
  const onBug = (error: unknown) => log.error("agent plane: request failed", { error });
  const fallback = createFallback(server, serve, onBug);
  const lanes = createLanes({ serve, handOver: fallback.handOver, onBug, nowMs, limits });
  const connections = createConnections();
  const turnedAway = () => deps.refused("overloaded");
  const crowd = limitCrowd(server, { ...limits, unprovenMs: limits.handshakeMs }, turnedAway);
  server.on("drop", turnedAway);

  server.on("secureConnection", (socket) => {
    const peer = peerOf(socket, authorities);
    if (peer !== null) {
      if (connections.of(peer.fingerprint) >= limits.perCertificate) {
        turnedAway();
        socket.destroy();
        return;
      }
      crowd.proven(socket);
      connections.add(peer.fingerprint, socket);
    }
    lanes.open(socket);
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

  await listenOn(server, deps.listen);
  const looking = setInterval(lanes.look, limits.checkMs);
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
      clearInterval(looking);
      await Promise.all([lanes.close(), fallback.close(), closed]);
    },
  };
}
