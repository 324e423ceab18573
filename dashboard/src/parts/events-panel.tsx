import type { ReactNode } from "react";
import type { EventList } from "../live/reduce.ts";
import { EventRows } from "./event-line.tsx";
import { Empty, ErrorNote, Waiting } from "./notes.tsx";
import { Panel } from "./page.tsx";

const NEWEST = 12;

interface EventsPanelProps {
  readonly title: string;
  readonly events: EventList | undefined;
  readonly error: Error | null;
  readonly aside?: ReactNode;
}

/** The newest events of one host or decky, live; each leads to its session. */
export function EventsPanel({ title, events, error, aside }: EventsPanelProps) {
  return (
    <Panel title={title} aside={aside}>
      {events === undefined ? (
        error === null ? (
          <Waiting what="events" />
        ) : (
          <div className="p-4">
            <ErrorNote error={error} />
          </div>
        )
      ) : events.items.length === 0 ? (
        <Empty title="Nobody has been here yet">
          <p>Whatever an attacker does shows here at once.</p>
        </Empty>
      ) : (
        <EventRows events={events.items.slice(0, NEWEST)} />
      )}
    </Panel>
  );
}
