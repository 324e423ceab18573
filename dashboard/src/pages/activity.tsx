import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Pause, Play } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import type { ApiEvent } from "../../../src/wire/api/event.ts";
import { eventsQuery, useDeckies } from "../api/queries.ts";
import { eventContains } from "../facts/event-summary.ts";
import type { EventFilter } from "../live/reduce.ts";
import { Button } from "../parts/button.tsx";
import { Chip } from "../parts/chip.tsx";
import { Filter, INPUT } from "../parts/field.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Page } from "../parts/page.tsx";
import { Terminals } from "../terminal/terminals.tsx";
import { EventFeed } from "./activity/event-feed.tsx";

/** What is happening now? */
export function Activity() {
  const { q = "", kind, decky, src, session } = useSearch({ from: "/shell/activity" });
  const navigate = useNavigate({ from: "/activity" });
  const [paused, setPaused] = useState(false);
  const filter = useMemo(
    (): EventFilter => ({
      ...(kind === undefined ? {} : { kind }),
      ...(decky === undefined ? {} : { decky }),
      ...(src === undefined ? {} : { src }),
      ...(session === undefined ? {} : { session }),
    }),
    [kind, decky, src, session],
  );
  const { data, error, refetch } = useQuery(eventsQuery(filter));
  const words = useDeferredValue(q.trim().toLowerCase());
  const events = useMemo(
    () => data?.items.filter((event) => eventContains(event, words)) ?? [],
    [data, words],
  );
  const narrow = (next: Partial<Record<"q" | "kind" | "decky" | "src" | "session", string>>) =>
    void navigate({ search: (old) => ({ ...old, ...next }), replace: true });
  const drop = (name: string) =>
    void navigate({ search: (old) => ({ ...old, [name]: undefined }), replace: true });

  return (
    <Page title="Activity" fills>
      <div className="flex flex-wrap items-center gap-2">
        <Filter
          label="Filter events"
          value={q}
          onValue={(value) => (value === "" ? drop("q") : narrow({ q: value }))}
          className="w-full md:w-72"
        />
        <KindSelect
          kind={kind}
          onKind={(next) => (next === "" ? drop("kind") : narrow({ kind: next }))}
        />
        <DeckySelect
          decky={decky}
          onDecky={(next) => (next === "" ? drop("decky") : narrow({ decky: next }))}
        />
        <Chip name="from" value={src} onDrop={() => drop("src")} />
        <Chip name="session" value={session} onDrop={() => drop("session")} />
        <Button
          onClick={() => setPaused(!paused)}
          aria-pressed={paused}
          className="max-md:grow md:ml-auto"
        >
          {paused ? <Play aria-hidden="true" size={14} /> : <Pause aria-hidden="true" size={14} />}
          {paused ? "Follow" : "Pause"}
        </Button>
      </div>
      {session === undefined ? null : <Terminals key={session} session={session} />}
      {error !== null && data === undefined ? (
        <ErrorNote error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting what="events" />
      ) : (
        <EventFeed
          // Another filter is another feed: nothing stays open or held.
          key={JSON.stringify([filter, words])}
          events={events}
          filter={filter}
          more={data.more}
          paused={paused}
          empty={<NoEvents any={data.items.length > 0 || Object.keys(filter).length > 0} />}
        />
      )}
    </Page>
  );
}

function NoEvents({ any }: { readonly any: boolean }) {
  return any ? (
    <Empty title="No event is like that">
      <Link to="/activity" className="link">
        Show all events
      </Link>
    </Empty>
  ) : (
    <Empty title="Nobody has touched a decky yet">
      <p>
        Whatever an attacker does shows here at once. To see it, connect to a{" "}
        <Link to="/deckies" className="link">
          decky
        </Link>{" "}
        yourself; its page says where it listens.
      </p>
    </Empty>
  );
}

interface KindSelectProps {
  readonly kind: string | undefined;
  readonly onKind: (kind: string) => void;
}

/** Kinds that occur among the newest events. */
function KindSelect({ kind, onKind }: KindSelectProps) {
  const newest = useQuery(eventsQuery()).data?.items;
  const kinds = useMemo(() => {
    const found = new Set<string>(newest?.map((event: ApiEvent) => event.kind));
    if (kind !== undefined) found.add(kind);
    return [...found].toSorted();
  }, [newest, kind]);
  return (
    <select
      aria-label="Only events of kind"
      value={kind ?? ""}
      onChange={(change) => onKind(change.target.value)}
      className={`${INPUT} md:!w-auto md:max-w-48 max-md:!w-36 max-md:grow`}
    >
      <option value="">every kind</option>
      {kinds.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </select>
  );
}

interface DeckySelectProps {
  readonly decky: string | undefined;
  readonly onDecky: (decky: string) => void;
}

function DeckySelect({ decky, onDecky }: DeckySelectProps) {
  const deckies = useDeckies();
  const names = useMemo(() => {
    const found = new Set(deckies.map(({ name }) => name));
    if (decky !== undefined) found.add(decky);
    return [...found].toSorted();
  }, [deckies, decky]);
  return (
    <select
      aria-label="Only events on decky"
      value={decky ?? ""}
      onChange={(change) => onDecky(change.target.value)}
      className={`${INPUT} md:!w-auto md:max-w-48 max-md:!w-36 max-md:grow`}
    >
      <option value="">every decky</option>
      {names.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </select>
  );
}
