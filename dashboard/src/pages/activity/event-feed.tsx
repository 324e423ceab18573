import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useCallback, useRef, useState } from "react";
import type { ApiEvent } from "../../../../src/wire/api/event.ts";
import { readOlderEvents } from "../../api/queries.ts";
import type { EventFilter } from "../../live/reduce.ts";
import { FeedStatus, useHeld, useOlder, useReading } from "../../parts/feed.tsx";
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
const seqOf = ({ seq }: ApiEvent) => seq;

/**
 * Events as they come, newest on top. While somebody reads (has scrolled, opened a row, points at
 * one), new ones wait and are counted, so that no row moves under the eye.
 */
export function EventFeed({ events, filter, more, paused, empty }: EventFeedProps) {
  const { reading, onScroll, around } = useReading();
  const [open, setOpen] = useState<ReadonlySet<number>>(new Set());
  const scroller = useRef<HTMLDivElement>(null);
  const holding = paused || reading || open.size > 0;
  const { shown, waiting, letIn } = useHeld(events, seqOf, holding);

  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    getItemKey: (at) => shown[at]?.seq ?? at,
  });
  const items = virtual.getVirtualItems();
  const atEnd = (items.at(-1)?.index ?? -1) >= shown.length - 1;
  const readOlder = useCallback(() => readOlderEvents(filter), [filter]);
  const olderError = useOlder(atEnd && more, readOlder, events.length);

  const showNew = () => {
    letIn();
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
      {...around}
    >
      <FeedStatus
        count={shown.length}
        one="event"
        many="events"
        more={more}
        waiting={waiting}
        state={paused ? "paused" : holding ? "held" : "following"}
        onShow={showNew}
      />
      {olderError === null ? null : <ErrorNote error={olderError} />}
      <div
        ref={scroller}
        role="region"
        aria-label="Events, newest first"
        onScroll={onScroll}
        tabIndex={0}
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
