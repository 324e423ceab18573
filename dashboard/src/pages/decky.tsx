import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import { removeDecky } from "../api/actions.ts";
import {
  deckiesQuery,
  eventsQuery,
  shardsQuery,
  useDeckies,
  useHosts,
  useShards,
} from "../api/queries.ts";
import { configText, type DeckyView, viewDeckies } from "../facts/deckies.ts";
import { MEANINGS } from "../facts/states.ts";
import { ConfirmByName } from "../parts/confirm-by-name.tsx";
import { EventsPanel } from "../parts/events-panel.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Fact, Facts, Page, Panel } from "../parts/page.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Since } from "../parts/time.tsx";

/** One decoy machine: does it stand, where does it listen, what does it pass for, who was there? */
export function DeckyPage() {
  const { decky: name } = useParams({ from: "/shell/deckies/$decky" });
  const reads = [useQuery(shardsQuery), useQuery(deckiesQuery)];
  const hosts = useHosts();
  const deckies = useDeckies();
  const shards = useShards();
  const events = useQuery(eventsQuery({ decky: name }));
  const view = useMemo(
    () => viewDeckies(hosts, deckies, shards).find((decky) => decky.name === name),
    [hosts, deckies, shards, name],
  );
  const error = reads.find((read) => read.error !== null && read.data === undefined)?.error;

  return (
    <Page title={name} aside={view === undefined ? null : <Standing view={view} />}>
      {error ? (
        <ErrorNote error={error} onRetry={() => reads.forEach((read) => void read.refetch())} />
      ) : reads.some(({ data }) => data === undefined) ? (
        <Waiting what="the decky" />
      ) : view === undefined ? (
        <Gone name={name} />
      ) : (
        <DeckyFound view={view} />
      )}
      <EventsPanel
        title="Events"
        events={events.data}
        error={events.error}
        aside={
          <Link to="/activity" search={{ decky: name }} className="link">
            All of them
          </Link>
        }
      />
      {view?.assigned === undefined ? null : (
        <Panel title="Remove">
          <ConfirmByName
            action="Remove"
            name={name}
            consequence="Its host stops playing it and its shard goes once that is confirmed. What was recorded on it stays."
            onConfirm={() => removeDecky(name)}
          />
        </Panel>
      )}
    </Page>
  );
}

function Standing({ view: { state, shard } }: { readonly view: DeckyView }) {
  return (
    <span className="inline-flex items-center gap-2">
      <State state={state} />
      {shard === undefined || state === "unknown" ? null : (
        <span className="text-ink-soft">
          for <Since atMs={shard.changedMs} />
        </span>
      )}
    </span>
  );
}

function Gone({ name }: { readonly name: string }) {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <Empty title="There is no decky of this name now">
        <p>
          If there was one, it is gone for good; its events stay, and who removed it stands in{" "}
          <Link to="/changes" search={{ q: name }} className="link">
            Changes
          </Link>
          .{" "}
          <Link to="/deckies" className="link">
            Show all deckies
          </Link>
        </p>
      </Empty>
    </div>
  );
}

function DeckyFound({ view }: { readonly view: DeckyView }) {
  const { shard, assigned, state } = view;
  return (
    <>
      <p className="text-ink-soft">
        {MEANINGS[state]}
        {shard === undefined || shard.reason === null ? null : ` Its host says: ${shard.reason}.`}
        {state === "unknown" && shard !== undefined
          ? ` It was last reported ${shard.state}.`
          : null}
        {assigned === undefined ? " Its host merely reports it; nobody assigned it here." : null}
      </p>
      <div className="grid gap-4 xl:grid-cols-2">
        <Panel title="Services">
          <Services view={view} />
        </Panel>
        <Persona view={view} />
      </div>
    </>
  );
}

function Services({ view }: { readonly view: DeckyView }) {
  const { shard, state } = view;
  const names = [...new Set([...view.services, ...Object.keys(shard?.services ?? {})])];
  if (names.length === 0) return <Empty title="It offers no service" />;
  return (
    <ul>
      {names.map((name) => {
        const service = shard?.services[name];
        const shown =
          state === "unknown"
            ? "unknown"
            : service === undefined
              ? state === "running"
                ? "running"
                : "pending"
              : service.running
                ? "running"
                : "failed";
        return (
          <li
            key={name}
            className="grid min-h-10 grid-cols-[5rem_minmax(0,1fr)] md:grid-cols-[5rem_6.5rem_minmax(0,1fr)] items-center gap-x-4 border-b border-line px-4 py-1 last:border-b-0"
          >
            <strong>{name}</strong>
            <State state={shown} />
            <span className="min-w-0 break-words max-md:col-span-2">
              {service?.port === undefined ? null : (
                <>
                  <span className="text-ink-soft">listens at </span>
                  <code className="font-mono text-sm">
                    {service.ip ?? view.ip ?? ""}:{service.port}
                  </code>
                </>
              )}
              {service?.reason === undefined ? null : (
                <span className="text-warn"> {service.reason}</span>
              )}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** What it passes for, as its agent reports it; before that, as it was asked for. */
function Persona({ view }: { readonly view: DeckyView }) {
  const { host, shard, assigned } = view;
  const rows: readonly (readonly [string, string | null])[] = [
    ["Host name", configText(shard, "hostname") ?? assigned?.hostname ?? null],
    ["System", configText(shard, "distro") ?? assigned?.distro ?? null],
    ["Stack", configText(shard, "nmap_os")],
    ["Kind", assigned?.archetype ?? configText(shard, "archetype")],
    ["Address", view.ip],
    ["Image", configText(shard, "base_image")],
    ["Runtime", assigned?.runtime ?? null],
  ];
  return (
    <Panel title="Persona">
      <Facts>
        <Fact name="Played by">
          {host === undefined ? (
            "a host that is gone"
          ) : (
            <span className="inline-flex flex-wrap items-center gap-x-3">
              <Link to="/hosts/$host" params={{ host: host.uuid }} className="link">
                {host.name}
              </Link>
              <State state={host.state} />
            </span>
          )}
        </Fact>
        {rows.map(([name, value]) => (
          <Fact key={name} name={name}>
            {value ?? <span className="text-ink-soft">not known yet</span>}
          </Fact>
        ))}
        {assigned === undefined ? null : (
          <Fact name="Asked for">
            <Ago atMs={assigned.createdMs} />
          </Fact>
        )}
      </Facts>
    </Panel>
  );
}
