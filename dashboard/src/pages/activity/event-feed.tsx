import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import type { ApiEvent } from "../../../../src/wire/api/event.ts";
import { readOlderEvents } from "../../api/queries.ts";
import type { EventFilter } from "../../live/reduce.ts";
import { ErrorNote } from "../../parts/notes.tsx";
import { EventRow } from "./event-row.tsx";

interface EventFeedProps {
  /** Newest first. */
  readonly events: readonly ApiEvent[];
  readonly filter: EventFilter;
  /** True if the master may have older ones. */
  readonly more: boolean;
  readonly paused: boolean;
  readonly empty: ReactNode;
}

const ROW_PX = 40;

/**
 * Events as they come, newest on top. While somebody reads (has scrolled, opened a row, points at
 * one), new ones wait and are counted, so that no row moves under the eye.
 */
export function EventFeed({ events, filter, more, paused, empty }: EventFeedProps) {
  const [scrolled, setScrolled] = useState(false);
  const [pointed, setPointed] = useState(false);
  const [focused, setFocused] = useState(false);
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const [anchorSeq, setAnchorSeq] = useState<number | null>(null);
  const scroller = useRef<HTMLDivElement>(null);

  const newestSeq = events[0]?.seq ?? null;
  const holding = paused || scrolled || pointed || focused || open.size > 0;
  if (holding && anchorSeq === null && newestSeq !== null) setAnchorSeq(newestSeq);
  if (!holding && anchorSeq !== null) setAnchorSeq(null);
  const waiting =
    anchorSeq === null ? 0 : events.findLastIndex((event) => event.seq > anchorSeq) + 1;
  const shown = waiting === 0 ? events : events.slice(waiting);

  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (at) => shown[at]?.seq ?? at,
  });
  const items = virtual.getVirtualItems();
  const atEnd = (items.at(-1)?.index ?? -1) >= shown.length - 1;
  const olderError = useOlder(atEnd && more, filter, events.length);

  const showNew = () => {
    setAnchorSeq(newestSeq);
    setOpen(new Set());
    scroller.current?.scrollTo({ top: 0 });
  };

  const toggle = (seq: number) => {
    const next = new Set(open);
    if (!next.delete(seq)) next.add(seq);
    setOpen(next);
  };

  return (
    <div
      className="flex min-h-64 grow basis-0 flex-col overflow-hidden rounded-lg border border-line bg-surface"
      onPointerEnter={(pointer) => setPointed(pointer.pointerType === "mouse")}
      onPointerLeave={() => setPointed(false)}
      // By keyboard only: what was clicked keeps the focus long after it was read.
      onFocus={({ target }) => setFocused(target.matches("li :focus-visible"))}
      onBlur={() => setFocused(false)}
    >
      <div className="flex min-h-10 items-center gap-4 border-b border-line px-4 text-sm text-ink-soft">
        <span>
          {shown.length.toLocaleString("en-US")}
          {more ? "+" : ""} {shown.length === 1 ? "event" : "events"}
        </span>
        <span role="status">
          {waiting > 0
            ? null
            : paused
              ? "Paused."
              : holding
                ? "Held while you read."
                : "Following."}
        </span>
        {waiting === 0 ? null : (
          <button type="button" onClick={showNew} className="link -my-1 min-h-8 font-bold">
            {waiting.toLocaleString("en-US")} new: show
          </button>
        )}
      </div>
      {olderError === null ? null : <ErrorNote error={olderError} />}
      <div
        ref={scroller}
        role="region"
        aria-label="Events, newest first"
        tabIndex={0}
        onScroll={(scroll) => setScrolled(scroll.currentTarget.scrollTop > 0)}
        className="min-h-0 grow overflow-auto [overflow-anchor:none]"
      >
        {shown.length === 0 ? (
          empty
        ) : (
          <ol className="relative" style={{ height: virtual.getTotalSize() }}>
            {items.map((item) => {
              const event = shown[item.index];
              return event === undefined ? null : (
                <li
                  key={item.key}
                  ref={virtual.measureElement}
                  data-index={item.index}
                  aria-setsize={more ? -1 : shown.length}
                  aria-posinset={item.index + 1}
                  className="absolute inset-x-0 border-b border-line"
                  style={{ top: item.start }}
                >
                  <EventRow
                    event={event}
                    open={open.has(event.seq)}
                    onToggle={() => toggle(event.seq)}
                  />
                </li>
              );
            })}
          </ol>
        )}
      </div>
    </div>
  );
}

/** Reads older events whenever the end of what is held comes into sight. */
function useOlder(wanted: boolean, filter: EventFilter, held: number): unknown {
  const [error, setError] = useState<unknown>(null);
  useEffect(() => {
    if (!wanted || held === 0) return;
    readOlderEvents(filter).then(() => setError(null), setError);
  }, [wanted, filter, held]);
  return error;
}
