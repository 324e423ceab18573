import type { Clock } from "../../domain/clock.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import type { Log } from "../../domain/log.ts";
import type { TrustedAuthority } from "../../pki/trust.ts";
import { type Store, StoreUnavailable } from "../../store/store.ts";
import { createTrustHandler } from "./authorities.ts";
import { createBatch } from "./batch.ts";
import { createDesiredHandler } from "./desired.ts";
import { createEventsHandler } from "./events.ts";
import { type AgentAnswer, type AgentRequest, NO_CONTENT, type Peer, refuse } from "./exchange.ts";
import { createHeartbeatHandler } from "./heartbeat.ts";
import type { HostBell } from "./host-bell.ts";
import { createPace } from "./pace.ts";
import { createRenewHandler, type RenewDeps } from "./renew.ts";

export interface AgentPlaneDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly bell: HostBell;
  readonly random: (bytes: number) => Buffer;
  /** Runs its argument once the event loop has read what has arrived. */
  readonly defer: (flush: () => void) => void;
  readonly heartbeatIntervalMs: number;
  /** Most requests of one certificate: `burst` at once, then `perSecond`. Null: no limit. */
  readonly pace: { readonly burst: number; readonly perSecond: number } | null;
  readonly personaSeed: (deckyName: string) => string;
  /** Who signs renewals, and for how long; null: there are none. */
  readonly renewal: Pick<RenewDeps, "authority" | "agentCertificateTtlMs"> | null;
  /** All authorities that are trusted, the newest first; null: agents are not told. */
  readonly trusted: (() => readonly TrustedAuthority[]) | null;
  readonly observe: AgentPlaneObserver;
}

/** What others want to know of the agent plane's work. */
export interface AgentPlaneObserver {
  readonly seen: (hostUuid: string, atMs: number) => void;
  /** `peer` is null if it presented no certificate of an agent. */
  readonly refused: (code: ErrorCode, peer: Peer | null) => void;
  readonly problem: (kind: "conflict" | "malformed") => void;
  readonly events: (counts: { readonly stored: number; readonly refused: number }) => void;
}

/** The agent plane without its sockets: a request of a proven peer in, an answer out. */
export interface AgentPlane {
  handle(request: AgentRequest): Promise<AgentAnswer>;
}

type Handler = (request: AgentRequest, peer: Peer) => Promise<AgentAnswer>;

export function createAgentPlane(deps: AgentPlaneDeps): AgentPlane {
  const { store, clock, log, bell, observe } = deps;
  const nowMs = () => clock.nowMs();
  const onBug = (error: unknown) => log.error("agent plane: a bug", { error });
  const pace = deps.pace === null ? null : createPace(deps.pace);
  const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    "/swarm/heartbeat": {
      POST: createHeartbeatHandler({
        batch: createBatch({ store, defer: deps.defer, nowMs, onBug }),
        nowMs,
        log,
        random: deps.random,
        intervalMs: deps.heartbeatIntervalMs,
        trusted: deps.trusted,
        onSeen: observe.seen,
        onProblem: observe.problem,
      }),
    },
    "/swarm/desired": {
      GET: createDesiredHandler({
        store,
        clock,
        changed: bell.changed,
        personaSeed: deps.personaSeed,
      }),
    },
    "/swarm/events": {
      POST: createEventsHandler({ store, nowMs, log, onEvents: observe.events }),
    },
    ...(deps.renewal !== null && {
      "/swarm/renew": { POST: createRenewHandler({ ...deps.renewal, store, nowMs, log }) },
    }),
    ...(deps.trusted !== null && {
      "/swarm/authorities": {
        POST: createTrustHandler({ store, trusted: deps.trusted, nowMs, log }),
      },
    }),
    "/swarm/leave": {
      POST: async (_request, peer) => {
        const left = await store.leaveHost({ fingerprint: peer.fingerprint, nowMs: nowMs() });
        return left.kind === "refused" ? refuse(left.code) : NO_CONTENT;
      },
    },
  };

  async function answer(request: AgentRequest): Promise<AgentAnswer> {
    const { peer, path } = request;
    const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
    if (methods === undefined) return refuse("route-unknown");
    const handler = Object.hasOwn(methods, request.method) ? methods[request.method] : undefined;
    if (handler === undefined) {
      return refuse("method-not-allowed", { headers: { allow: Object.keys(methods).join(", ") } });
    }
    if (peer === null) return refuse("certificate-unavailable");
    const now = nowMs();
    // TLS looked when the connection was made, by the system's clock, and not at all if it resumed.
    if (now < peer.notBeforeMs || now >= peer.notAfterMs + 1000) {
      return refuse("certificate-expired");
    }
    if (pace !== null && !pace.allows(peer.fingerprint, now)) return refuse("rate-limited");
    return handler(request, peer);
  }

  return {
    async handle(request) {
      let done: AgentAnswer;
      try {
        done = await answer(request);
      } catch (error) {
        if (!(error instanceof StoreUnavailable)) onBug(error);
        done = refuse(error instanceof StoreUnavailable ? "store-unavailable" : "internal");
      }
      const code = done.headers["decnet-error"];
      if (code !== undefined) observe.refused(code as ErrorCode, request.peer);
      return done;
    },
  };
}
