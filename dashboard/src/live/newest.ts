import type { ListOf } from "../../../src/wire/api/common.ts";
import { type Change, newestSeq } from "./keyed.ts";

/** A list that only grows, newest first and whole from the newest down to the last one held. */
export interface NewestList<T> extends ListOf<T> {
  /** True if the master may have older ones. */
  more: boolean;
}

/** Most that one such list keeps; older ones can be read again. */
export const MAX_HELD = 5000;

/**
 * Puts on top what came.
 * @param pick What the change adds to this list; null if nothing.
 * @param placeOf A number that grows from one to the next.
 */
export function applyNewest<T>(
  list: NewestList<T>,
  changes: readonly Change[],
  pick: (change: Change) => T | null,
  placeOf: (item: T) => number,
): NewestList<T> {
  const newest = list.items[0];
  const held = newest === undefined ? 0 : placeOf(newest);
  const fresh: T[] = [];
  for (const change of changes) {
    if (change.seq <= list.seq) continue;
    const item = pick(change);
    if (item !== null && placeOf(item) > held) fresh.unshift(item);
  }
  if (fresh.length === 0) return list;
  const all = [...fresh, ...list.items];
  return {
    ...list,
    items: all.slice(0, MAX_HELD),
    more: list.more || all.length > MAX_HELD,
    seq: newestSeq(list.seq, changes),
  };
}
