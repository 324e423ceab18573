import type { Change } from "../domain/change.ts";

export interface ChangeStore {
  /**
   * Changes after `seq`, oldest first.
   * @returns null if the journal no longer reaches back to `seq`, or never got there: read afresh.
   */
  changesAfter(seq: number, limit: number): Promise<readonly Change[] | null>;
  /** Seq of the newest change; 0 before the first. */
  headSeq(): Promise<number>;
  /** Keeps the newest `keep` rows. */
  trimChanges(keep: number): Promise<void>;
  /**
   * Calls `wake` after each commit that added to the journal. Returns how to stop.
   * `hosts`: uuids of hosts whose own record changed (state, generation), for who waits on one.
   */
  onChange(wake: (hosts: ReadonlySet<string>) => void): () => void;
}
