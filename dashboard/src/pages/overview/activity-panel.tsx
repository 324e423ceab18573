import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useNowMs } from "../../clock.ts";
import { type Pulse, pulseOf } from "../../facts/pulse.ts";
import type { EventList } from "../../live/reduce.ts";
import { EventRows } from "../../parts/event-line.tsx";
import { Empty, ErrorNote, Waiting } from "../../parts/notes.tsx";
import { Panel } from "../../parts/page.tsx";
import { Ago } from "../../parts/time.tsx";

const NEWEST = 8;
const MINUTES = 60;

interface ActivityPanelProps {
  readonly events: EventList | undefined;
  readonly error: Error | null;
}

/** Is anybody here? */
export function ActivityPanel({ events, error }: ActivityPanelProps) {
  const minuteMs = Math.floor(useNowMs() / 60_000) * 60_000;
  const pulse = useMemo(
    () => (events ? pulseOf(events.items, events.more, MINUTES, minuteMs) : null),
    [events, minuteMs],
  );
  const newest = events?.items[0];
  return (
    <Panel
      title="Activity"
      aside={
        <Link to="/activity" className="link">
          All of it
        </Link>
      }
    >
      {error !== null && events === undefined ? (
        <div className="p-4">
          <ErrorNote error={error} />
        </div>
      ) : events === undefined || pulse === null ? (
        <Waiting what="the newest events" />
      ) : newest === undefined ? (
        <Empty title="Nobody has touched a decky yet">
          <p>
            Whatever an attacker does on one shows here at once. To see it, connect to a decky
            yourself; its page says where it listens.
          </p>
        </Empty>
      ) : (
        <>
          <div className="flex flex-wrap items-end justify-between gap-4 border-b border-line px-4 py-3">
            <p>
              <PulseText pulse={pulse} /> The newest was <Ago atMs={newest.received_ms} />.
            </p>
            <figure className="w-full md:w-80">
              <PulseBars pulse={pulse} />
              <figcaption className="flex justify-between text-xs text-ink-soft">
                <span>an hour ago</span>
                <span>now</span>
              </figcaption>
            </figure>
          </div>
          <EventRows events={events.items.slice(0, NEWEST)} />
        </>
      )}
    </Panel>
  );
}

function PulseText({ pulse }: { readonly pulse: Pulse }) {
  if (pulse.events === 0) return <>Nobody in the last hour.</>;
  return (
    <>
      <strong>
        {pulse.whole ? "" : "At least "}
        {pulse.events.toLocaleString("en-US")} {pulse.events === 1 ? "event" : "events"}
      </strong>{" "}
      from {pulse.sources === 1 ? "one address" : `${pulse.sources} addresses`} in the last hour.
    </>
  );
}

/** Events a minute over the last hour; the text beside it says the sum. */
function PulseBars({ pulse }: { readonly pulse: Pulse }) {
  const most = Math.max(1, ...pulse.perMinute);
  return (
    <svg
      role="img"
      aria-label={`Events a minute over the last hour, at most ${most}`}
      viewBox={`0 0 ${MINUTES * 4} 32`}
      preserveAspectRatio="none"
      className="h-8 w-full text-ink-soft"
    >
      <path d={`M0 31.5H${MINUTES * 4}`} stroke="var(--line)" />
      {pulse.perMinute.map((count, at) =>
        count === 0 ? null : (
          <rect
            key={`minute ${MINUTES - at}`}
            x={at * 4}
            width={3}
            y={31 - (count / most) * 30}
            height={(count / most) * 30}
            fill="currentColor"
          />
        ),
      )}
    </svg>
  );
}
