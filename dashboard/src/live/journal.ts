import type { Change } from "./keyed.ts";

/**
 * The changes that the stream brought lately. A list that was asked for before they came, and
 * answered after, does not show them yet: they are applied to it as it arrives.
 */
export interface Journal {
  add(change: Change): void;
  /** Forgets all. Changes up to `seq` are missing from then on; null before the stream is open. */
  restart(seq: number | null): void;
  /**
   * Changes after `seq`, oldest first.
   * @throws {Error} If some of them are no longer held: the list has to be read again.
   */
  after(seq: number): readonly Change[];
}

const KEEP = 4096;

export function createJournal(keep = KEEP): Journal {
  let held: Change[] = [];
  /** Seq of the newest change that is not held; null before the stream was opened. */
  let floorSeq: number | null = null;
  return {
    add(change) {
      held.push(change);
      if (held.length < 2 * keep) return;
      floorSeq = held[keep - 1]?.seq ?? floorSeq;
      held = held.slice(keep);
    },
    restart(seq) {
      held = [];
      floorSeq = seq;
    },
    after(seq) {
      if (floorSeq !== null && seq < floorSeq) {
        throw new Error("This list is older than the changes held; reading it again.");
      }
      return held.filter((change) => change.seq > seq);
    },
  };
}
