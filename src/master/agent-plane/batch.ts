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

/** More than this means that the disk does not keep up: better said than hidden. */
const MOST_UNANSWERED = 8192;

/** In one transaction: enough to share its cost, and soon done, since nothing else runs meanwhile. */
const MOST_TOGETHER = 512;

/** So many share the cost of a transaction well enough to wait for no more. */
const ENOUGH = 8;

/** While the event loop is busy, so long at the most. */
const MOST_WAIT_MS = 8;

interface Waiting {
  readonly claim: HeartbeatClaim;
  readonly settle: (outcome: BatchOutcome) => void;
}

export interface BatchDeps {
  readonly store: Pick<HeartbeatStore, "commitHeartbeats">;
  /**
   * Runs its argument once the event loop has read what has arrived: `setImmediate`. No timer: a
   * lone heartbeat waits for nobody.
   */
  readonly defer: (next: () => void) => void;
  readonly nowMs: () => number;
  /** Called with what the store threw that is not `StoreUnavailable`. */
  readonly onBug: (error: unknown) => void;
}

export function createBatch(deps: BatchDeps): Batch {
  const { store } = deps;
  let waiting: Waiting[] = [];
  let unanswered = 0;
  let underWay = false;

  /**
   * Waits for more while the event loop is so busy that a turn of it takes a millisecond, as with
   * handshakes: whoever is answered sooner then makes others wait longer.
   */
  function gather(sinceMs: number, turnMs: number): void {
    const nowMs = deps.nowMs();
    const isBusy = nowMs > turnMs && nowMs - sinceMs < MOST_WAIT_MS;
    if (isBusy && waiting.length < ENOUGH) deps.defer(() => gather(sinceMs, nowMs));
    else void flush();
  }

  function begin(): void {
    const nowMs = deps.nowMs();
    underWay = true;
    deps.defer(() => gather(nowMs, nowMs));
  }

  /**
   * Commits what has come together. What comes until that is durable goes into the next transaction:
   * it could not be durable any earlier, and the more share one, the less it costs each.
   */
  async function flush(): Promise<void> {
    const together = waiting.slice(0, MOST_TOGETHER);
    waiting = waiting.slice(MOST_TOGETHER);
    const outcomes = await commit(together.map(({ claim }) => claim));
    // The next ones first: the disk works on them while these are answered.
    if (waiting.length >= ENOUGH) void flush();
    else if (waiting.length > 0) begin();
    else underWay = false;
    unanswered -= together.length;
    for (const [place, { settle }] of together.entries()) {
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
        deps.onBug(error);
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
        waiting.push({ claim, settle });
        if (!underWay) begin();
      });
    },
  };
}
