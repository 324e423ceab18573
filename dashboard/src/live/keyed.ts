import type { ListOf } from "../../../src/wire/api/common.ts";
import type { StreamMessages } from "../../../src/wire/api/stream.ts";

export type Change = StreamMessages["change"];

interface KeyedRules<T> {
  /** What the change puts under its key; null if it is about something else. */
  put(change: Change, had: T | undefined): T | null;
  removes(change: Change): boolean;
}

/** A list of things that each have a key. Works on a map, so that a burst of changes costs one copy of the list and not one each. */
export function applyByKey<T, List extends ListOf<T> | null>(
  list: List,
  changes: readonly Change[],
  keyOf: (item: T) => string,
  rules: KeyedRules<T>,
): List {
  if (list === null) return list;
  let byKey: Map<string, T> | null = null;
  for (const change of changes) {
    if (change.seq <= list.seq) continue;
    const removes = rules.removes(change);
    if (!removes && rules.put(change, undefined) === null) continue;
    byKey ??= new Map(list.items.map((item) => [keyOf(item), item]));
    const next = removes ? null : rules.put(change, byKey.get(change.key));
    if (next === null) byKey.delete(change.key);
    else byKey.set(change.key, next);
  }
  if (byKey === null) return list;
  return { ...list, items: [...byKey.values()], seq: newestSeq(list.seq, changes) };
}

export function newestSeq(seq: number, changes: readonly Change[]): number {
  return Math.max(seq, changes.at(-1)?.seq ?? 0);
}
