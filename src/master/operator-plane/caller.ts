import { createHash, timingSafeEqual } from "node:crypto";
import type { Socket } from "node:net";
import type { FastifyRequest } from "fastify";
import type { Clock } from "../../domain/clock.ts";
import { DecnetError } from "../../domain/errors.ts";
import { type Permission, type Role, roleMay, type Scope, tokenMay } from "../../domain/role.ts";
import type { Session, Store } from "../../store/store.ts";
import { isCrossSite, isOurHostHeader, type Site } from "./origin.ts";

/** Who asks. */
export type Caller =
  /** The command line on this machine: whoever may open the socket file is its owner, or root. */
  | { readonly kind: "local"; readonly actor: string }
  | {
      readonly kind: "operator";
      readonly actor: string;
      readonly session: Session;
      readonly role: Role;
    }
  | {
      readonly kind: "token";
      readonly actor: string;
      readonly secretHash: string;
      readonly role: Role;
      readonly scope: Scope;
    }
  | { readonly kind: "anonymous" };

/** What a caller of a route needs. open: nothing. */
export type Need = Permission | "open";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** Every route below /api/ says it; one that forgot is for admins alone. */
    needs?: Need;
  }
}

/** The prefix keeps other hosts of a domain, and plain HTTP, from setting it (RFC 6265bis, 4.1.3.2). */
export function sessionCookie({ isSecure }: Site): string {
  return isSecure ? "__Host-decnet_session" : "decnet_session";
}

/** Before an API token's secret, so that a leaked one is known for what it is. */
export const API_TOKEN_PREFIX = "decnet-api-";

const READING_METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS"]);
/** A token's last use is written at most this often. */
const TOUCH_EVERY_MS = 60_000;

/** Connections that came in by the socket file, noted by the listener itself: no bytes can claim it. */
export interface LocalSockets {
  has(socket: Socket): boolean;
  /** Of the file's owner. */
  readonly uid: number | null;
}

interface IdentifyDeps {
  readonly store: Pick<Store, "getSession" | "findApiToken" | "touchApiToken">;
  readonly clock: Clock;
}

/** Decides before the body is read whether a request may go on. */
export function createGate(
  deps: IdentifyDeps & { readonly local: LocalSockets; readonly site: Site },
) {
  const { local, site } = deps;

  return async function gate(request: FastifyRequest): Promise<void> {
    request.caller = { kind: "anonymous" };
    const isLocal = local.has(request.raw.socket);
    if (!isLocal && !isOurHostHeader(request.headers.host, site)) {
      throw new DecnetError("host-header-refused");
    }
    const changes = !READING_METHODS.has(request.method);
    if (!isLocal && changes && isCrossSite(request.headers, site)) {
      throw new DecnetError("origin-refused");
    }
    const need = needOf(request);
    if (need === "open") return;
    request.caller = isLocal
      ? { kind: "local", actor: `local:${local.uid}` }
      : await identify(deps, request, sessionCookie(site));
    const { caller } = request;
    if (caller.kind === "anonymous") throw new DecnetError("login-required");
    if (
      changes &&
      caller.kind === "operator" &&
      !sameSecret(request.headers["x-csrf-token"], caller.session.csrfToken)
    ) {
      throw new DecnetError("csrf-token-invalid");
    }
    if (!may(caller, need)) throw new DecnetError("permission-denied", need);
  };
}

/** Whether a caller has a permission. The local command line has all. */
export function may(caller: Caller, permission: Permission): boolean {
  if (caller.kind === "anonymous") return false;
  if (caller.kind === "local") return true;
  if (caller.kind === "operator") return roleMay(caller.role, permission);
  return tokenMay(caller.role, caller.scope, permission);
}

/** Whether who was let in would be let in still, with the same say: for what stays open. */
export async function isStillThere(
  { store, clock }: IdentifyDeps,
  caller: Caller,
): Promise<boolean> {
  if (caller.kind === "local") return true;
  if (caller.kind === "anonymous") return false;
  const held =
    caller.kind === "operator"
      ? await store.getSession(caller.session.secretHash)
      : await store.findApiToken(caller.secretHash);
  return held !== null && held.expiresMs > clock.nowMs() && held.role === caller.role;
}

/** @throws {DecnetError} `api-token-invalid`: who sends one means it, whatever cookie is there too. */
async function identify(
  { store, clock }: IdentifyDeps,
  { headers, cookies }: FastifyRequest,
  cookieName: string,
): Promise<Caller> {
  const nowMs = clock.nowMs();
  if (headers.authorization !== undefined) {
    const secret = /^Bearer (\S+)$/i.exec(headers.authorization)?.[1] ?? "";
    if (!secret.startsWith(API_TOKEN_PREFIX)) throw new DecnetError("api-token-invalid");
    const secretHash = hashSecret(secret);
    const token = await store.findApiToken(secretHash);
    if (token === null || token.expiresMs <= nowMs) throw new DecnetError("api-token-invalid");
    const { id, operator, role, scope, lastUsedMs } = token;
    if (lastUsedMs === null || nowMs - lastUsedMs >= TOUCH_EVERY_MS) {
      await store.touchApiToken(id, nowMs);
    }
    return { kind: "token", actor: `operator:${operator}/${id}`, secretHash, role, scope };
  }
  const secret = cookies[cookieName];
  if (secret === undefined) return { kind: "anonymous" };
  const session = await store.getSession(hashSecret(secret));
  if (session === null || session.expiresMs <= nowMs) return { kind: "anonymous" };
  const { operator, role } = session;
  return { kind: "operator", actor: `operator:${operator}`, session, role };
}

function needOf(request: FastifyRequest): Need {
  const { config, url } = request.routeOptions;
  if (config.needs !== undefined) return config.needs;
  return url?.startsWith("/api/") ? "operators.write" : "open";
}

/** Sessions, API tokens and recovery codes are stored by this, so that the database opens nothing. */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

function sameSecret(given: string | string[] | undefined, expected: string): boolean {
  if (typeof given !== "string") return false;
  return timingSafeEqual(Buffer.from(hashSecret(given)), Buffer.from(hashSecret(expected)));
}
