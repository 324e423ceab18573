import type { FastifyRequest } from "fastify";
import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import { changedNothing } from "../../store/audit-store.ts";
import type { AuditEntry, Store } from "../../store/store.ts";
import type { Caller } from "./caller.ts";
import { codeOf } from "./refusal.ts";

/** Makes one writing call to the store, with the audit row in its transaction. */
export type Write = <T>(call: () => Promise<T>) => Promise<T>;

interface Deed {
  readonly actor: string;
  readonly action: string;
  readonly target: string | null;
  readonly address: string | null;
}

/** Keeps who did what, with what outcome. */
export interface Audit {
  /**
   * Does what an operator asked for and keeps a row of it, whether it succeeds or is refused.
   *
   * @param act Makes its one change by `write`, so that it is never done without its row.
   * @throws Whatever `act` throws; what the store throws if the row cannot be written.
   */
  act<T>(
    request: FastifyRequest,
    what: { readonly action: string; readonly target: string | null },
    act: (write: Write) => Promise<T>,
  ): Promise<T>;
  /** The same of whoever is not known by the request. */
  deed<T>(deed: Deed, act: (write: Write) => Promise<T>): Promise<T>;
  /** Keeps a row of what was refused. One that is lost goes to the log: nothing was done. */
  refused(entry: Omit<AuditEntry, "atMs">): Promise<void>;
}

export function createAudit(deps: {
  readonly store: Pick<Store, "appendAudit" | "audited">;
  readonly clock: Clock;
  readonly log: Log;
}): Audit {
  const { store, clock, log } = deps;

  async function refused(entry: Omit<AuditEntry, "atMs">): Promise<void> {
    try {
      await store.appendAudit({ ...entry, atMs: clock.nowMs() });
    } catch (error) {
      log.error("audit row could not be kept", { ...entry, error });
    }
  }

  async function deed<T>(of: Deed, act: (write: Write) => Promise<T>): Promise<T> {
    let hasWritten = false;
    const write: Write = async (call) => {
      const result = await store.audited({ ...of, atMs: clock.nowMs() }, call);
      hasWritten ||= !changedNothing(result);
      return result;
    };
    let result: T;
    try {
      result = await act(write);
    } catch (error) {
      await refused({ ...of, outcome: codeOf(error) });
      throw error;
    }
    // Nothing was to be changed, such as what was revoked before: that it was asked for is kept.
    if (!hasWritten) await store.appendAudit({ ...of, outcome: "ok", atMs: clock.nowMs() });
    return result;
  }

  return {
    deed,
    refused,
    act: (request, what, act) =>
      deed({ ...what, actor: actorOf(request.caller), address: addressOf(request) }, act),
  };
}

export function actorOf(caller: Caller): string {
  return caller.kind === "anonymous" ? "anonymous" : caller.actor;
}

/** Null on the socket file, which has none. */
export function addressOf(request: FastifyRequest): string | null {
  return request.raw.socket.remoteAddress ?? null;
}
