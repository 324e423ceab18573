import type { Clock } from "./clock.ts";

/** Time that moves only when told to: a day of a fleet passes in seconds, and a run can be repeated. */
export interface VirtualClock extends Clock {
  /** Moves time on by `ms`, firing every timer that falls due on the way, in order of its time. */
  advance(ms: number): Promise<void>;
  /**
   * Moves time on from timer to timer until `done` holds.
   * @returns Whether it came to hold: false if no timer is left or `limitMs` of virtual time passed.
   */
  runUntil(done: () => boolean, limitMs?: number): Promise<boolean>;
}

interface Timer {
  readonly dueMs: number;
  /** Order of setting: of two that are due at once, the earlier set fires first. */
  readonly place: number;
  /** Null once it fired or was called off. */
  fire: (() => void) | null;
}

/**
 * @param drain Resolves when all that a fired timer set in motion has come to rest. The default lets
 *   promises settle; a caller with real I/O in the loop passes one that also waits a turn of the
 *   event loop, such as `() => new Promise((resolve) => setImmediate(resolve))`.
 */
export function createVirtualClock(
  startMs: number,
  drain: () => Promise<void> = settlePromises,
): VirtualClock {
  const timers: Timer[] = [];
  let nowMs = startMs;
  let place = 0;

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(reasonOf(signal));
      const onAbort = (): void => {
        timer.fire = null;
        reject(reasonOf(signal));
      };
      const timer: Timer = {
        dueMs: nowMs + Math.max(0, ms),
        place: place++,
        fire: () => {
          signal?.removeEventListener("abort", onAbort);
          resolve();
        },
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      push(timers, timer);
    });
  }

  /** Fires the next timer that is due by `untilMs`; false if there is none. */
  async function step(untilMs: number): Promise<boolean> {
    while (timers[0] !== undefined && timers[0].fire === null) pop(timers);
    const next = timers[0];
    if (next === undefined || next.dueMs > untilMs) return false;
    pop(timers);
    nowMs = Math.max(nowMs, next.dueMs);
    next.fire?.();
    await drain();
    return true;
  }

  return {
    nowMs: () => Math.floor(nowMs),
    sleep,
    async advance(ms) {
      const untilMs = nowMs + ms;
      await drain();
      while (await step(untilMs));
      nowMs = untilMs;
    },
    async runUntil(done, limitMs = Number.POSITIVE_INFINITY) {
      const untilMs = nowMs + limitMs;
      await drain();
      while (!done()) {
        if (!(await step(untilMs))) return done();
      }
      return true;
    },
  };
}

/** Enough turns of the microtask queue for the longest chain of awaits between two timers. */
async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < 64; turn += 1) await Promise.resolve();
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error("aborted", { cause: reason });
}

function before(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.place < b.place);
}

/** A binary heap, the earliest timer first. */
function push(heap: Timer[], timer: Timer): void {
  let index = heap.length;
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = heap[parentIndex];
    if (parent === undefined || before(parent, timer)) break;
    heap[index] = parent;
    index = parentIndex;
  }
  heap[index] = timer;
}

function pop(heap: Timer[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    let child = heap[childIndex];
    const right = heap[childIndex + 1];
    if (child !== undefined && right !== undefined && before(right, child)) {
      childIndex += 1;
      child = right;
    }
    if (child === undefined || before(last, child)) break;
    heap[index] = child;
    index = childIndex;
  }
  heap[index] = last;
}
