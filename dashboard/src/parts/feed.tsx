import { type FocusEvent, type PointerEvent, type UIEvent, useEffect, useState } from "react";

/**
 * Rows as they come, newest on top. While `holding`, new ones wait and are counted, so that no row
 * moves under the eye.
 *
 * @param placeOf A number that grows from one row to the next.
 */
export function useHeld<Row>(
  rows: readonly Row[],
  placeOf: (row: Row) => number,
  holding: boolean,
): { readonly shown: readonly Row[]; readonly waiting: number; readonly letIn: () => void } {
  const [anchor, setAnchor] = useState<number | null>(null);
  const newest = rows[0] === undefined ? null : placeOf(rows[0]);
  if (holding && anchor === null && newest !== null) setAnchor(newest);
  if (!holding && anchor !== null) setAnchor(null);
  const waiting = anchor === null ? 0 : rows.findLastIndex((row) => placeOf(row) > anchor) + 1;
  return {
    shown: waiting === 0 ? rows : rows.slice(waiting),
    waiting,
    letIn: () => setAnchor(newest),
  };
}

/** Whether somebody reads: has scrolled the rows, is in one by the keyboard, or points at what is around them. */
export function useReading() {
  const [scrolled, setScrolled] = useState(false);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  return {
    reading: scrolled || pointed || focused,
    onScroll: ({ currentTarget }: UIEvent<HTMLElement>) => setScrolled(currentTarget.scrollTop > 0),
    around: {
      onPointerEnter: ({ pointerType }: PointerEvent) => setPointed(pointerType === "mouse"),
      onPointerLeave: () => setPointed(false),
      // By keyboard only: what was clicked keeps the focus long after it was read.
      onFocus: ({ target }: FocusEvent) =>
        setFocused(target.matches(":is(li, [role=row]) :focus-visible")),
      onBlur: () => setFocused(false),
    },
  };
}

/**
 * Reads older rows whenever the end of what is held comes into sight.
 * @param read Must stay the same function while the rows are of the same list.
 * @param held How many there are: after each read it is tried again.
 * @returns Why that failed; null if it did not.
 */
export function useOlder(wanted: boolean, read: () => Promise<void>, held: number): unknown {
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!wanted || held === 0) return;
    read().then(() => setError(null), setError);
  }, [wanted, read, held]);
  return error;
}

interface FeedStatusProps {
  readonly count: number;
  readonly one: string;
  readonly many: string;
  /** True if the master may have older ones. */
  readonly more: boolean;
  readonly waiting: number;
  readonly state: "following" | "held" | "paused";
  readonly onShow: () => void;
}

const STATES = {
  following: "Following.",
  held: "Held while you read.",
  paused: "Paused.",
} as const;

/** How many there are, whether more come by themselves, and how many wait. */
export function FeedStatus(props: FeedStatusProps) {
  const { count, one, many, more, waiting, state, onShow } = props;
  return (
    <div className="flex min-h-10 items-center gap-4 border-b border-line px-4 text-sm text-ink-soft">
      <span>
        {count.toLocaleString("en-US")}
        {more ? "+" : ""} {count === 1 ? one : many}
      </span>
      <span role="status">{waiting > 0 ? null : STATES[state]}</span>
      {waiting === 0 ? null : (
        <button type="button" onClick={onShow} className="link -my-1 min-h-8 font-bold">
          {waiting.toLocaleString("en-US")} new: show
        </button>
      )}
    </div>
  );
}
