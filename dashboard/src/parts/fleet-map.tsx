import { Link } from "@tanstack/react-router";
import { memo, useMemo, useState } from "react";
import type { ApiShard } from "../../../src/wire/api/decky.ts";
import type { ApiHost } from "../../../src/wire/api/host.ts";
import { HOST_STATE_ORDER, type ShownShardState, shownShardState } from "../facts/states.ts";
import { Button } from "./button.tsx";
import { State, StateMark } from "./state.tsx";
import { Ago } from "./time.tsx";

interface FleetMapProps {
  readonly hosts: readonly ApiHost[];
  readonly shards: readonly ApiShard[];
}

const FIRST_HOSTS = 48;

/** Every decky a mark, grouped by host; hosts in trouble first. Hundreds at a glance. */
export function FleetMap({ hosts, shards }: FleetMapProps) {
  const [all, setAll] = useState(false);
  const shardsOf = useMemo(() => Map.groupBy(shards, ({ hostUuid }) => hostUuid), [shards]);
  const alive = useMemo(
    () =>
      hosts
        .filter(({ state }) => state !== "decommissioned")
        .toSorted(
          (a, b) =>
            HOST_STATE_ORDER.indexOf(a.state) - HOST_STATE_ORDER.indexOf(b.state) ||
            a.name.localeCompare(b.name, "en", { numeric: true }),
        ),
    [hosts],
  );
  const shown = all ? alive : alive.slice(0, FIRST_HOSTS);
  return (
    <>
      <div className="overflow-hidden rounded-b-lg">
        <ul className="-mr-px -mb-px grid grid-cols-[repeat(auto-fill,minmax(min(100%,16rem),1fr))]">
          {shown.map((host) => (
            <li
              key={host.uuid}
              className="flex min-w-0 flex-col gap-2 border-r border-b border-line p-4 [contain-intrinsic-size:auto_6rem] [content-visibility:auto]"
            >
              <div className="flex min-w-0 items-baseline justify-between gap-2">
                <Link
                  to="/hosts/$host"
                  params={{ host: host.uuid }}
                  className="link truncate font-bold"
                >
                  {host.name}
                </Link>
                <State state={host.state} />
              </div>
              <Cells shards={shardsOf.get(host.uuid)} hostState={host.state} />
              <p className="text-xs text-ink-soft">
                {host.lastSeenMs === null ? (
                  "never seen"
                ) : (
                  <>
                    last seen <Ago atMs={host.lastSeenMs} />
                  </>
                )}
              </p>
            </li>
          ))}
        </ul>
      </div>
      {alive.length <= FIRST_HOSTS ? null : (
        <div className="border-t border-line p-2">
          <Button onClick={() => setAll(!all)}>
            {all ? `Only the first ${FIRST_HOSTS}` : `All ${alive.length} hosts`}
          </Button>
        </div>
      )}
    </>
  );
}

interface CellsProps {
  readonly shards: readonly ApiShard[] | undefined;
  readonly hostState: ApiHost["state"];
}

function Cells({ shards, hostState }: CellsProps) {
  if (shards === undefined) return <p className="text-sm text-ink-soft">no deckies</p>;
  return (
    <ul className="flex flex-wrap gap-0.5">
      {shards.map((shard) => (
        <Cell key={shard.name} name={shard.name} state={shownShardState(shard, hostState)} />
      ))}
    </ul>
  );
}

const Cell = memo(function Cell({
  name,
  state,
}: {
  readonly name: string;
  readonly state: ShownShardState;
}) {
  return (
    <li>
      <Link
        to="/deckies/$decky"
        params={{ decky: name }}
        aria-label={`${name}: ${state}`}
        title={`${name}: ${state}`}
        data-decky={name}
        data-state={state}
        className="flex size-6 items-center justify-center rounded-sm border border-line hover:border-accent"
      >
        <StateMark state={state} />
      </Link>
    </li>
  );
});
