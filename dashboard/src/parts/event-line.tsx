import { Link } from "@tanstack/react-router";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { letIn, oneLine, summaryOf } from "../facts/event-summary.ts";
import { Ago } from "./time.tsx";

/** One event on one line: when, what, from where, to which decky, and what was sent. */
export function EventLine({ event }: { readonly event: ApiEvent }) {
  return (
    <span className="grid min-w-0 grow grid-cols-2 items-baseline gap-x-4 text-left md:grid-cols-[5.5rem_10rem_9.5rem_9rem_minmax(0,1fr)]">
      <span className="text-ink-soft">
        <Ago atMs={event.received_ms} />
      </span>
      <span className={`truncate ${event.kind.startsWith("session.") ? "text-ink-soft" : ""}`}>
        {event.kind}
      </span>
      <span className="truncate font-mono text-sm">{oneLine(event.src_ip)}</span>
      <span className="truncate">{oneLine(event.decky)}</span>
      <span className="flex min-w-0 items-baseline gap-3 text-sm max-md:col-span-2">
        <bdi className="truncate font-mono">{summaryOf(event)}</bdi>
        {letIn(event) ? <strong className="shrink-0 text-warn">let in</strong> : null}
      </span>
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
