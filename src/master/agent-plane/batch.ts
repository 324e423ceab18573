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

/** More than this waiting means that the disk does not keep up: better said than hidden. */
const MOST_WAITING = 8192;

/** Most in one transaction, so that the first of a storm is not answered with the last. */
const MOST_TOGETHER = 512;

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
  interface Waiting {
    readonly claim: HeartbeatClaim;
    readonly settle: (outcome: BatchOutcome) => void;
  }
  let waiting: Waiting[] = [];
  let flushing = false;

  async function flush(): Promise<void> {
    while (waiting.length !== 0) {
      const batch = waiting.splice(0, MOST_TOGETHER);
      const outcomes = await commit(batch.map(({ claim }) => claim));
      for (const [place, { settle }] of batch.entries()) {
        settle(outcomes[place] ?? { kind: "refused", code: "internal" });
      }
    }
    flushing = false;
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
      if (waiting.length >= MOST_WAITING) {
        return Promise.resolve({ kind: "refused", code: "overloaded" });
      }
      return new Promise((settle) => {
        waiting.push({ claim, settle });
        if (flushing) return;
        flushing = true;
        defer(() => void flush());
      });
    },
  };
}
