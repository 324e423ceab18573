import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { deckiesQuery, shardsQuery, useDeckies, useHosts, useShards } from "../api/queries.ts";
import { type DeckyView, viewDeckies } from "../facts/deckies.ts";
import { SHARD_STATE_ORDER } from "../facts/states.ts";
import { byText, ListPage } from "../parts/list-page.tsx";
import { Empty } from "../parts/notes.tsx";
import { State } from "../parts/state.tsx";
import { Since } from "../parts/time.tsx";
import type { Column } from "../parts/virtual-table.tsx";

const COLUMNS: readonly Column<DeckyView>[] = [
  {
    key: "name",
    title: "Decky",
    width: "minmax(0,2fr)",
    cell: ({ name }) => (
      <Link to="/deckies/$decky" params={{ decky: name }} className="link">
        {name}
      </Link>
    ),
    compare: byText(({ name }) => name),
  },
  {
    key: "state",
    title: "State",
    width: "minmax(6.5rem,1fr)",
    cell: ({ state }) => <State state={state} />,
    compare: (a, b) => SHARD_STATE_ORDER.indexOf(a.state) - SHARD_STATE_ORDER.indexOf(b.state),
  },
  {
    key: "since",
    title: "For",
    width: "minmax(5rem,1fr)",
    wide: true,
    cell: ({ shard }) => (shard === undefined ? "–" : <Since atMs={shard.changedMs} />),
    compare: (a, b) => (b.shard?.changedMs ?? 0) - (a.shard?.changedMs ?? 0),
  },
  {
    key: "host",
    title: "Host",
    width: "minmax(0,1.5fr)",
    wide: true,
    cell: ({ host }) =>
      host === undefined ? (
        "–"
      ) : (
        <Link to="/hosts/$host" params={{ host: host.uuid }} className="link">
          {host.name}
        </Link>
      ),
    compare: byText(({ host }) => host?.name ?? ""),
  },
  {
    key: "services",
    title: "Services",
    width: "minmax(0,1.5fr)",
    wide: true,
    cell: ({ services }) => services.join(", "),
    compare: byText(({ services }) => services.join(", ")),
  },
  {
    key: "ip",
    title: "Address",
    width: "minmax(0,1fr)",
    wide: true,
    cell: ({ ip }) => <span className="font-mono text-sm">{ip ?? "–"}</span>,
    compare: byText(({ ip }) => ip ?? ""),
  },
];

const textsOf = (row: DeckyView) => [
  row.name,
  row.state,
  row.host?.name ?? null,
  row.ip,
  ...row.services,
];
const stateOf = (row: DeckyView) => row.state;
const keyOf = (row: DeckyView) => row.name;

export function Deckies() {
  const reads = [useQuery(shardsQuery), useQuery(deckiesQuery)];
  const search = useSearch({ from: "/shell/deckies" });
  const navigate = useNavigate({ from: "/deckies" });
  const hosts = useHosts();
  const deckies = useDeckies();
  const shards = useShards();
  const rows = useMemo(() => viewDeckies(hosts, deckies, shards), [hosts, deckies, shards]);

  return (
    <ListPage
      title="Deckies"
      rows={reads.some(({ data }) => data === undefined) ? null : rows}
      error={reads.find(({ error }) => error !== null)?.error ?? null}
      onRetry={() => {
        for (const read of reads) void read.refetch();
      }}
      columns={COLUMNS}
      keyOf={keyOf}
      textsOf={textsOf}
      stateOf={stateOf}
      stateOrder={SHARD_STATE_ORDER}
      search={search}
      onSearch={(next) => void navigate({ search: next, replace: true })}
      empty={
        <Empty title="No decky yet">
          <p>
            A decky is a decoy machine that a host plays. Open a{" "}
            <Link to="/hosts" className="link">
              host
            </Link>{" "}
            and add one, or on the master: <code className="font-mono">decnet decky add</code>
          </p>
        </Empty>
      }
    />
  );
}
