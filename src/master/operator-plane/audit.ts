import type { FastifyRequest } from "fastify";
import type { Clock } from "../../domain/clock.ts";
import type { Log } from "../../domain/log.ts";
import type { AuditEntry, Store } from "../../store/store.ts";
import { codeOf } from "./refusal.ts";

/** Keeps who did what, with what outcome. */
export interface Audit {
  /** Does what an operator asked for and keeps a row of it, whether it succeeds or is refused. */
  act<T>(
    request: FastifyRequest,
    what: { readonly action: string; readonly target: string | null },
    act: () => Promise<T>,
  ): Promise<T>;
  append(entry: Omit<AuditEntry, "atMs">): Promise<void>;
}

export function createAudit(deps: {
  readonly store: Pick<Store, "appendAudit">;
  readonly clock: Clock;
  readonly log: Log;
}): Audit {
  const { store, clock, log } = deps;

  /** Once the deed is done, its answer tells of the deed: a lost row goes to the log instead. */
  async function append(entry: Omit<AuditEntry, "atMs">): Promise<void> {
    try {
      await store.appendAudit({ ...entry, atMs: clock.nowMs() });
    } catch (error) {
      log.error("audit row could not be kept", { ...entry, error });
    }
  }

  return {
    append,
    async act(request, { action, target }, act) {
      const { caller } = request;
      const actor = caller.kind === "anonymous" ? "anonymous" : caller.actor;
      const row = { actor, action, target, address: addressOf(request) };
      try {
        const result = await act();
        await append({ ...row, outcome: "ok" });
        return result;
      } catch (error) {
        await append({ ...row, outcome: codeOf(error) });
        throw error;
      }
    },
  };
}

/** Null on the socket file, which has none. */
export function addressOf(request: FastifyRequest): string | null {
  return request.raw.socket.remoteAddress ?? null;
}
