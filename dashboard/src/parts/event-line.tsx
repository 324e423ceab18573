import { Link } from "@tanstack/react-router";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { letIn, oneLine, summaryOf } from "../facts/event-summary.ts";
import { Ago } from "./time.tsx";

/** One event on one line: when, what, from where, to which decky, and what was sent. */
export function EventLine({ event }: { readonly event: ApiEvent }) {
  return (
    <span className="grid min-w-0 grow grid-cols-[5.5rem_minmax(0,1fr)_auto] items-baseline gap-x-4 text-left md:grid-cols-[5.5rem_10rem_9.5rem_9rem_minmax(0,1fr)]">
      <span className="text-ink-soft">
        <Ago atMs={event.received_ms} />
      </span>
      <span className="truncate">
        {event.kind}
        {letIn(event) ? <strong className="font-bold text-warn"> let in</strong> : null}
      </span>
      <span className="truncate font-mono text-sm">{oneLine(event.src_ip)}</span>
      <span className="truncate max-md:hidden">{oneLine(event.decky)}</span>
      <bdi className="truncate font-mono text-sm max-md:col-span-3">{summaryOf(event)}</bdi>
    </span>
  );
}

/** A few events, each leading to all of its session. */
export function EventRows({ events }: { readonly events: readonly ApiEvent[] }) {
  return (
    <ol>
      {events.map((event) => (
        <li key={event.seq} className="border-b border-line last:border-b-0">
          <Link
            to="/activity"
            search={{ session: event.session }}
            className="flex min-h-10 items-center px-4 py-1 hover:bg-sunken"
          >
            <EventLine event={event} />
          </Link>
        </li>
      ))}
    </ol>
  );
}
