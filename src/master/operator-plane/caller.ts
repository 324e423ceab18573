import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import type { Session, Store } from "../../store/store.ts";
import { isCrossSite, isLoopbackHostHeader } from "./origin.ts";

/** Who asks. */
export type Caller =
  /** The command line on this machine: whoever may open the socket file is its owner, or root. */
  | { readonly kind: "local"; readonly actor: string }
  | { readonly kind: "operator"; readonly actor: string; readonly session: Session }
  | { readonly kind: "anonymous" };

/**
 * Who may call a route. session: an operator, or the local command line. local: that alone.
 * open: anybody on this machine.
 */
export type Access = "session" | "local" | "open";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Left out: `session` for all below /api/, so that a forgotten one is closed. */
    access?: Access;
  }
}

export const SESSION_COOKIE = "decnet_session";
const READING_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);

/** Connections that came in by the socket file, noted by the listener itself: no bytes can claim it. */
export interface LocalSockets {
  has(socket: Socket): boolean;
  /** Of the file's owner. */
  readonly uid: number | null;
}

/** Decides before the body is read whether a request may go on. */
export function createGate(deps: {
  readonly store: Pick<Store, "getSession">;
  readonly clock: Clock;
  readonly local: LocalSockets;
}) {
  const { store, clock, local } = deps;

  async function identify(request: FastifyRequest): Promise<Caller> {
    if (local.has(request.raw.socket)) return { kind: "local", actor: `local:${local.uid}` };
    const secret = request.cookies[SESSION_COOKIE];
    if (secret === undefined) return { kind: "anonymous" };
    const session = await store.getSession(hashSecret(secret));
    if (session === null || session.expiresMs <= clock.nowMs()) return { kind: "anonymous" };
    return { kind: "operator", actor: `operator:${session.operator}`, session };
  }

  return async function gate(request: FastifyRequest): Promise<void> {
    request.caller = { kind: "anonymous" };
    const isLocal = local.has(request.raw.socket);
    if (!isLocal && !isLoopbackHostHeader(request.headers.host)) {
      throw new DecnetError("host-header-refused");
    }
    const changes = !READING_METHODS.has(request.method);
    if (!isLocal && changes && isCrossSite(request.headers))
      throw new DecnetError("origin-refused");

    const access = accessOf(request);
    if (access === "open") return;
    request.caller = await identify(request);
    const { caller } = request;
    if (caller.kind === "anonymous") throw new DecnetError("login-required");
    if (caller.kind === "local") return;
    if (changes && !sameSecret(request.headers["x-csrf-token"], caller.session.csrfToken)) {
      throw new DecnetError("csrf-token-invalid");
    }
    if (access === "local") throw new DecnetError("local-only");
  };
}

function accessOf(request: FastifyRequest): Access {
  const { config, url } = request.routeOptions;
  if (config.access !== undefined) return config.access;
  return url?.startsWith("/api/") ? "session" : "open";
}

/** Sessions are stored by this, so that the database alone opens none. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function sameSecret(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== "string") return false;
  return timingSafeEqual(Buffer.from(hashSecret(given)), Buffer.from(hashSecret(expected)));
}
