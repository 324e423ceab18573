import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { hostsQuery, useHosts, useShards } from "../api/queries.ts";
import { HOST_STATE_ORDER } from "../facts/states.ts";
import { byText, ListPage } from "../parts/list-page.tsx";
import { Empty } from "../parts/notes.tsx";
import { State } from "../parts/state.tsx";
import { Ago } from "../parts/time.tsx";
import type { Column } from "../parts/virtual-table.tsx";

interface Row extends ApiHost {
  readonly deckies: number;
}

const COLUMNS: readonly Column<Row>[] = [
  {
    key: "name",
    title: "Host",
    width: "minmax(0,2fr)",
    cell: ({ uuid, name }) => (
      <Link to="/hosts/$host" params={{ host: uuid }} className="link">
        {name}
      </Link>
    ),
    compare: byText(({ name }) => name),
  },
  {
    key: "state",
    title: "State",
    width: "minmax(7.5rem,1fr)",
    cell: ({ state }) => <State state={state} />,
    compare: (a, b) => HOST_STATE_ORDER.indexOf(a.state) - HOST_STATE_ORDER.indexOf(b.state),
  },
  {
    key: "seen",
    title: "Last seen",
    width: "minmax(6rem,1fr)",
    cell: ({ lastSeenMs }) => (lastSeenMs === null ? "never" : <Ago atMs={lastSeenMs} />),
    compare: (a, b) => (b.lastSeenMs ?? 0) - (a.lastSeenMs ?? 0),
  },
  {
    key: "deckies",
    title: "Deckies",
    width: "5rem",
    wide: true,
    cell: ({ deckies }) => deckies,
    compare: (a, b) => a.deckies - b.deckies,
  },
  {
    key: "address",
    title: "Address",
    width: "minmax(0,1fr)",
    wide: true,
    cell: ({ address }) => <span className="font-mono text-sm">{address ?? "–"}</span>,
    compare: byText(({ address }) => address ?? ""),
  },
  {
    key: "version",
    title: "Agent",
    width: "minmax(0,1fr)",
    wide: true,
    cell: ({ agentVersion }) => agentVersion ?? "–",
    compare: byText(({ agentVersion }) => agentVersion ?? ""),
  },
];

const textsOf = (row: Row) => [row.name, row.uuid, row.address, row.state, row.agentVersion];
const stateOf = (row: Row) => row.state;
const keyOf = (row: Row) => row.uuid;

/** What runs where, what is silent since when? */
export function Hosts() {
  const { data, error, refetch } = useQuery(hostsQuery);
  const search = useSearch({ from: "/shell/hosts" });
  const navigate = useNavigate({ from: "/hosts" });
  const hosts = useHosts();
  const shards = useShards();
  const rows = useMemo(() => {
    const shardsOf = Map.groupBy(shards, ({ hostUuid }) => hostUuid);
    return hosts.map((host): Row => {
      return { ...host, deckies: shardsOf.get(host.uuid)?.length ?? 0 };
    });
  }, [hosts, shards]);

  return (
    <ListPage
      title="Hosts"
      rows={data === undefined ? null : rows}
      error={error}
      onRetry={() => void refetch()}
      columns={COLUMNS}
      keyOf={keyOf}
      textsOf={textsOf}
      stateOf={stateOf}
      stateOrder={HOST_STATE_ORDER}
      hiddenState="decommissioned"
      search={search}
      onSearch={(next) => void navigate({ search: next, replace: true })}
      empty={
        <Empty title="No host has joined yet">
          <p>
            <Link to="/enrollment" className="link">
              Make a join token
            </Link>{" "}
            and run the command that comes with it on the machine that is to join.
          </p>
        </Empty>
      }
    />
  );
}
