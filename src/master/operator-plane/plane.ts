import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import { DecnetError } from "../../domain/errors.ts";
import type { Host } from "../../domain/host.ts";
import type { Store } from "../../store/store.ts";
import type { ListOf } from "../../wire/api/common.ts";
import type { Audit } from "./audit.ts";
import type { OperatorPlaneDeps } from "./deps.ts";
import type { Logins } from "./login.ts";
import type { Site } from "./origin.ts";
import type { OpenStreams } from "./streams.ts";

/** Fastify that knows the types of requests and answers from their schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

/** What the routes share. */
export interface Plane extends OperatorPlaneDeps {
  readonly audit: Audit;
  readonly logins: Logins;
  readonly counters: Counters;
  readonly streams: OpenStreams;
  readonly site: Site;
}

/** What the operator plane counts of itself. */
export interface Counters {
  openStreams: number;
  /** Answers since the start, by status. */
  readonly answers: Map<string, number>;
}

/**
 * Reads a list as of one moment. The journal's head comes first: what is committed between the two
 * is then in the list and in the stream, never in neither.
 */
export async function listAsOf<T>(
  { store, clock }: Pick<Plane, "store" | "clock">,
  read: () => Promise<readonly T[]>,
): Promise<ListOf<T>> {
  const seq = await store.headSeq();
  return { items: [...(await read())], seq, nowMs: clock.nowMs() };
}

/** @throws {DecnetError} `host-not-found`. */
export async function findHost(store: Store, uuidOrName: string): Promise<Host> {
  const host = (await store.getHost(uuidOrName)) ?? (await store.getHostByName(uuidOrName));
  if (host === null) throw new DecnetError("host-not-found", uuidOrName);
  return host;
}

/** The uuid to filter by; undefined for no filter. @throws {DecnetError} `host-not-found`. */
export async function hostFilter(
  store: Store,
  uuidOrName: string | undefined,
): Promise<string | undefined> {
  return uuidOrName === undefined ? undefined : (await findHost(store, uuidOrName)).uuid;
}
