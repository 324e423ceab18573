import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import {
  alarmsQuery,
  eventsQuery,
  hostsQuery,
  problemsQuery,
  shardsQuery,
  useAlarms,
  useHosts,
  useProblems,
  useShards,
} from "../api/queries.ts";
import { useNowMs } from "../clock.ts";
import { type Concern, concernsOf } from "../facts/attention.ts";
import {
  countByState,
  HOST_STATE_ORDER,
  SHARD_STATE_ORDER,
  shownShardState,
} from "../facts/states.ts";
import { CopyBlock } from "../parts/copy.tsx";
import { CountStrip } from "../parts/count-strip.tsx";
import { FleetMap } from "../parts/fleet-map.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Page, Panel } from "../parts/page.tsx";
import { ActivityPanel } from "./overview/activity-panel.tsx";
import { Concerns } from "./overview/concerns.tsx";
import { MasterPanel } from "./overview/master-panel.tsx";
import { Verdict } from "./overview/verdict.tsx";

/** Is anything wrong, is anybody here? */
export function Overview() {
  // Drawn once all is there, so that nothing is pushed down by what comes later.
  const lists = [
    useQuery(hostsQuery),
    useQuery(shardsQuery),
    useQuery(problemsQuery),
    useQuery(eventsQuery()),
    useQuery(alarmsQuery),
  ];
  const failed = lists.find(({ error, data }) => error !== null && data === undefined);
  const ready = lists.every(({ data }) => data !== undefined);
  const hosts = useHosts().filter(({ state }) => state !== "decommissioned");
  const concerns = useConcerns();
  const bad = concerns.filter(({ tone }) => tone === "bad").length;

  return (
    <Page title="Overview" tab={bad === 0 ? "Overview" : `(${bad}) Overview`}>
      {failed ? (
        <ErrorNote error={failed.error} onRetry={() => void failed.refetch()} />
      ) : !ready ? (
        <Waiting what="the fleet" />
      ) : hosts.length === 0 ? (
        <NoHosts />
      ) : (
        <Fleet concerns={concerns} />
      )}
    </Page>
  );
}

function useConcerns(): readonly Concern[] {
  const hosts = useHosts();
  const shards = useShards();
  const problems = useProblems();
  const alarms = useAlarms();
  const minuteMs = Math.floor(useNowMs() / 60_000) * 60_000;
  return useMemo(
    () => concernsOf(hosts, shards, problems, alarms, minuteMs),
    [hosts, shards, problems, alarms, minuteMs],
  );
}

function Fleet({ concerns }: { readonly concerns: readonly Concern[] }) {
  const hosts = useHosts();
  const shards = useShards();
  const events = useQuery(eventsQuery());
  const counts = useMemo(() => {
    const alive = hosts.filter(({ state }) => state !== "decommissioned");
    const stateOf = new Map(hosts.map(({ uuid, state }) => [uuid, state]));
    return {
      hosts: countByState(
        alive.map(({ state }) => state),
        HOST_STATE_ORDER,
      ),
      shards: countByState(
        shards.map((shard) => shownShardState(shard, stateOf.get(shard.hostUuid))),
        SHARD_STATE_ORDER,
      ),
    };
  }, [hosts, shards]);

  return (
    <>
      <Verdict concerns={concerns} events={events.data} />
      <div className="flex flex-col gap-2 rounded-lg border border-line bg-surface px-4 py-3">
        <CountStrip to="/hosts" one="host" many="hosts" counts={counts.hosts} />
        <CountStrip to="/deckies" one="decky" many="deckies" counts={counts.shards} />
      </div>
      {concerns.length === 0 ? null : <Concerns concerns={concerns} />}
      <ActivityPanel events={events.data} error={events.error} />
      <Panel title="Fleet" aside="each mark is a decky">
        <FleetMap hosts={hosts} shards={shards} />
      </Panel>
      <MasterPanel />
    </>
  );
}

function NoHosts() {
  return (
    <div className="rounded-lg border border-line bg-surface">
      <Empty title="No host has joined yet">
        <p>
          A host is a machine that runs decoys. Make a join token, then run the one command that you
          are given on the machine that is to join: it makes its own key, checks that it talks to
          this very master, and appears here within seconds.
        </p>
        <Link
          to="/enrollment"
          className="inline-flex min-h-8 items-center rounded-md bg-accent px-3 py-1 text-sm font-bold text-on-accent hover:opacity-90 max-md:min-h-11"
        >
          Make a join token
        </Link>
        <p>Or on the master's machine, which prints the same command to run:</p>
        <CopyBlock text="decnet token create" what="command" />
      </Empty>
    </div>
  );
}
