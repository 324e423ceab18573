import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ApiHost, ApiHostProblem } from "../../../src/wire/api/host.ts";
import { decommissionHost, releaseHost } from "../api/actions.ts";
import {
  eventsQuery,
  hostsQuery,
  useAlarms,
  useDeckies,
  useHosts,
  useProblems,
  useShards,
} from "../api/queries.ts";
import { useNowMs } from "../clock.ts";
import { type DeckyView, viewDeckies, worstFirst } from "../facts/deckies.ts";
import { MEANINGS } from "../facts/states.ts";
import { spanOf, utcOf } from "../facts/times.ts";
import { ConfirmByName } from "../parts/confirm-by-name.tsx";
import { EventsPanel } from "../parts/events-panel.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Fact, Facts, Page, Panel } from "../parts/page.tsx";
import { State } from "../parts/state.tsx";
import { Ago, Since } from "../parts/time.tsx";
import { AddDecky } from "./host/add-decky.tsx";
import { Alarms } from "./host/alarms.tsx";

/** One machine: who it is, what it runs, what is wrong with it. */
export function HostPage() {
  const { host: wanted } = useParams({ from: "/shell/hosts/$host" });
  const { data, error, refetch } = useQuery(hostsQuery);
  const host =
    data?.items.find(({ uuid }) => uuid === wanted) ??
    data?.items.find(({ name, state }) => name === wanted && state !== "decommissioned");

  if (host !== undefined) return <HostFound host={host} />;
  return (
    <Page title={wanted}>
      {data !== undefined ? (
        <div className="rounded-lg border border-line bg-surface">
          <Empty title="No such host">
            <Link to="/hosts" className="link">
              Show all hosts
            </Link>
          </Empty>
        </div>
      ) : error !== null ? (
        <ErrorNote error={error} onRetry={() => void refetch()} />
      ) : (
        <Waiting what="the host" />
      )}
    </Page>
  );
}

function HostFound({ host }: { readonly host: ApiHost }) {
  const hosts = useHosts();
  const deckies = useDeckies();
  const shards = useShards();
  const alarms = useAlarms().filter(({ hostUuid }) => hostUuid === host.uuid);
  const problems = useProblems().filter(({ hostUuid }) => hostUuid === host.uuid);
  const events = useQuery(eventsQuery({ host: host.uuid }));
  const own = useMemo(
    () =>
      viewDeckies(hosts, deckies, shards)
        .filter(({ hostUuid }) => hostUuid === host.uuid)
        .toSorted(worstFirst),
    [hosts, deckies, shards, host.uuid],
  );
  const gone = host.state === "decommissioned";

  return (
    <Page title={host.name} aside={<State state={host.state} />}>
      <p className="text-ink-soft">
        {MEANINGS[host.state]}
        {host.silentSinceMs === null ? null : (
          <>
            {" "}
            Not heard for{" "}
            <strong className="text-bad">
              <Since atMs={host.silentSinceMs} />
            </strong>
            .
          </>
        )}
        {host.quarantinedMs === null ? null : (
          <>
            {" "}
            Quarantined for{" "}
            <strong className="text-bad">
              <Since atMs={host.quarantinedMs} />
            </strong>
            : {host.quarantineReason}.
          </>
        )}
        {host.decommissionedMs === null ? null : (
          <>
            {" "}
            It was decommissioned <Ago atMs={host.decommissionedMs} />; who did it stands in{" "}
            <Link to="/changes" search={{ q: host.uuid }} className="link">
              Changes
            </Link>
            .
          </>
        )}
      </p>
      {alarms.length === 0 ? null : <Alarms alarms={alarms} />}
      {problems.length === 0 ? null : <Problems problems={problems} />}
      <div className="grid gap-4 xl:grid-cols-2">
        <Identity host={host} />
        <Panel title="Deckies" aside={`${own.length}`}>
          {own.length === 0 ? (
            <Empty title={gone ? "Its deckies went with it" : "It runs no decky"} />
          ) : (
            <DeckyRows deckies={own} />
          )}
          {gone ? null : <AddDecky host={host} />}
        </Panel>
      </div>
      <EventsPanel title="Events of its deckies" events={events.data} error={events.error} />
      {host.state === "quarantined" ? (
        <Panel title="Release">
          <ConfirmByName
            action="Release"
            name={host.name}
            consequence="Whichever copy of this identity beats next goes on as the host, so stop the other one first; if both still beat, the host is quarantined again. If you cannot tell who holds the other copy, decommission the host and enroll the machine anew."
            onConfirm={() => releaseHost(host.uuid, host.name)}
          />
        </Panel>
      ) : null}
      {gone ? null : (
        <Panel title="Decommission">
          <ConfirmByName
            action="Decommission"
            name={host.name}
            consequence="Its certificate is refused from then on, its connections are cut within a second, its agent tears its deckies down and wipes its key. This identity never comes back; to use the machine again, enroll it anew."
            onConfirm={() => decommissionHost(host.uuid, host.name)}
          />
        </Panel>
      )}
    </Page>
  );
}

function Identity({ host }: { readonly host: ApiHost }) {
  const nowMs = useNowMs();
  return (
    <Panel title="Identity">
      <Facts>
        <Fact name="Last seen">
          {host.lastSeenMs === null ? "never" : <Ago atMs={host.lastSeenMs} />}
        </Fact>
        <Fact name="Address">
          <span className="font-mono text-sm">{host.address ?? "not known"}</span>
        </Fact>
        <Fact name="Agent">{host.agentVersion ?? "does not say"}</Fact>
        <Fact name="Clock">
          {host.clockSkewMs === null ? "does not say" : skew(host.clockSkewMs)}
        </Fact>
        <Fact name="Starts">{host.boot === 0 ? "does not count" : host.boot}</Fact>
        <Fact name="Enrolled">
          <Ago atMs={host.enrolledMs} />
        </Fact>
        <Fact name="Certificate">
          {host.certificateNotAfterMs > nowMs ? "valid, runs out " : "ran out "}
          <Ago atMs={host.certificateNotAfterMs} />
          <span className="text-ink-soft"> ({utcOf(host.certificateNotAfterMs)})</span>
        </Fact>
        <Fact name="Renewal">
          {host.state === "decommissioned" ? (
            "none any more"
          ) : (
            <>
              due <Ago atMs={host.renewDueMs} />
              {host.nextFingerprint === null ? "" : "; the next certificate is issued"}
            </>
          )}
          <span className="text-ink-soft">
            {" "}
            (
            {host.lastRenewalMs === null ? (
              "never renewed yet"
            ) : (
              <>
                last <Ago atMs={host.lastRenewalMs} />
              </>
            )}
            )
          </span>
        </Fact>
        <Fact name="Fingerprint">
          <code className="font-mono text-sm break-all">{host.fingerprint}</code>
        </Fact>
        <Fact name="uuid">
          <code className="font-mono text-sm break-all">{host.uuid}</code>
        </Fact>
      </Facts>
    </Panel>
  );
}

function skew(ms: number): string {
  if (Math.abs(ms) < 1000) return `level with the master's (${ms} ms)`;
  return `${spanOf(Math.abs(ms))} ${ms > 0 ? "ahead of" : "behind"} the master's`;
}

function DeckyRows({ deckies }: { readonly deckies: readonly DeckyView[] }) {
  return (
    <ul>
      {deckies.map(({ name, state, services, shard }) => (
        <li
          key={name}
          className="grid min-h-10 grid-cols-[minmax(0,1fr)_7rem] items-center gap-x-4 border-b border-line px-4 py-1 md:grid-cols-[minmax(0,1fr)_7rem_minmax(0,1.5fr)_6rem]"
        >
          <Link to="/deckies/$decky" params={{ decky: name }} className="link truncate">
            {name}
          </Link>
          <State state={state} />
          <span className="truncate text-ink-soft" title={shard?.reason ?? undefined}>
            {shard?.reason ?? services.join(", ")}
          </span>
          <span className="text-ink-soft max-md:hidden">
            {shard === undefined ? null : (
              <>
                for <Since atMs={shard.changedMs} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Problems({ problems }: { readonly problems: readonly ApiHostProblem[] }) {
  return (
    <Panel title="Problems" aside={`${problems.length}`}>
      <ul>
        {problems.map((problem) => (
          <li
            key={`${problem.kind} ${problem.decky}`}
            className="flex flex-wrap gap-x-4 border-b border-line px-4 py-2 last:border-b-0"
          >
            <strong className="text-warn">{problem.kind}</strong>
            <span className="min-w-0 break-words">
              {problem.decky}: {problem.detail}
            </span>
            <span className="text-ink-soft">
              first seen <Ago atMs={problem.firstSeenMs} />
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
