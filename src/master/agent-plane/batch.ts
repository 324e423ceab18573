import type { HeartbeatOutcome } from "../../domain/heartbeat.ts";
import { type HeartbeatClaim, type HeartbeatStore, StoreUnavailable } from "../../store/store.ts";

/** What became of a heartbeat that was handed in. */
export type BatchOutcome =
  | HeartbeatOutcome
  | { readonly kind: "refused"; readonly code: "store-unavailable" | "overloaded" | "internal" };

/** Gathers heartbeats that arrive together into one transaction, and answers after it. */
export interface Batch {
  submit(claim: HeartbeatClaim): Promise<BatchOutcome>;
}

/**
 * While heartbeats keep coming, so many turns of the event loop go into one transaction: what it
 * costs to write and sync is shared by more, for a millisecond or two. One that comes alone waits
 * for one turn, in which there is nothing to do.
 */
const MOST_TURNS = 4;

/** Enough to share the cost. */
const ENOUGH = 64;

/** More than this means that the disk does not keep up: better said than hidden. */
const MOST_UNANSWERED = 8192;

/**
 * @param defer Runs its argument once the event loop has read what has arrived: `setImmediate`. No
 *   timer: a lone heartbeat waits for nobody, and under load a turn of the loop gathers many.
 * @param onBug Called with what a store threw that is not `StoreUnavailable`.
 */
export function createBatch(
  store: Pick<HeartbeatStore, "commitHeartbeats">,
  defer: (flush: () => void) => void,
  onBug: (error: unknown) => void,
): Batch {
  type Settle = (outcome: BatchOutcome) => void;
  let claims: HeartbeatClaim[] = [];
  let settles: Settle[] = [];
  let unanswered = 0;

  /** Waits on while more comes, up to the bounds above. */
  function gather(turns: number, before: number): void {
    const grew = claims.length > before;
    if (!grew || turns >= MOST_TURNS || claims.length >= ENOUGH) void flush();
    else defer(() => gather(turns + 1, claims.length));
  }

  /** Commits what has come together, and answers it when it is durable; the next batch goes on. */
  async function flush(): Promise<void> {
    const waiting = settles;
    const committing = commit(claims);
    claims = [];
    settles = [];
    const outcomes = await committing;
    unanswered -= waiting.length;
    for (const [place, settle] of waiting.entries()) {
      settle(outcomes[place] ?? { kind: "refused", code: "internal" });
    }
  }

  /** One that makes the store throw must not fail its neighbors: then each goes alone. */
  async function commit(claims: readonly HeartbeatClaim[]): Promise<readonly BatchOutcome[]> {
    try {
      return await store.commitHeartbeats(claims);
    } catch (error) {
      if (error instanceof StoreUnavailable) {
        return claims.map(() => ({ kind: "refused", code: "store-unavailable" }));
      }
      if (claims.length === 1) {
        onBug(error);
        return [{ kind: "refused", code: "internal" }];
      }
      const alone: BatchOutcome[] = [];
      for (const claim of claims) alone.push(...(await commit([claim])));
      return alone;
    }
  }

  return {
    submit(claim) {
      if (unanswered >= MOST_UNANSWERED) {
        return Promise.resolve({ kind: "refused", code: "overloaded" });
      }
      return new Promise((settle) => {
        unanswered += 1;
        claims.push(claim);
        settles.push(settle);
        if (claims.length === 1) defer(() => gather(1, 0));
      });
    },
  };
}
