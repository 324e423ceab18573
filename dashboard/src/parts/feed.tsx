import { type UIEvent, useEffect, useState } from "react";

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

/** Whether somebody reads: has scrolled, or points at it. The rest goes to the element around it. */
export function useReading() {
  const [scrolled, setScrolled] = useState(false);
  const [pointed, setPointed] = useState(false);
  return {
    reading: scrolled || pointed,
    onScrollCapture: (scroll: UIEvent<HTMLElement>) =>
      setScrolled(scroll.target instanceof Element && scroll.target.scrollTop > 0),
    onPointerEnter: (pointer: { readonly pointerType: string }) =>
      setPointed(pointer.pointerType === "mouse"),
    onPointerLeave: () => setPointed(false),
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
