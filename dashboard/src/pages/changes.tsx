import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ApiAuditEntry } from "../../../src/wire/api/audit.ts";
import { AUDIT_A_READ, readAudit, useDeckies, useHosts } from "../api/queries.ts";
import { oneLine } from "../facts/event-summary.ts";
import { matchesWords } from "../facts/match.ts";
import { Button } from "../parts/button.tsx";
import { Filter } from "../parts/field.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Page } from "../parts/page.tsx";
import { Ago } from "../parts/time.tsx";
import { type Column, VirtualTable } from "../parts/virtual-table.tsx";
import { useIsWide } from "../shell/media.ts";
import { VerifyAudit } from "./changes/verify-audit.tsx";

const COLUMNS: readonly Column<ApiAuditEntry>[] = [
  {
    key: "at",
    title: "When",
    width: "6.5rem",
    cell: ({ atMs }) => (
      <span className="text-ink-soft">
        <Ago atMs={atMs} />
      </span>
    ),
  },
  {
    key: "actor",
    title: "Who",
    width: "minmax(0,1fr)",
    cell: ({ actor }) => <Actor actor={actor} />,
  },
  {
    key: "action",
    title: "What",
    width: "minmax(0,1fr)",
    cell: ({ action }) => oneLine(action),
  },
  {
    key: "target",
    title: "To",
    width: "minmax(0,1.5fr)",
    wide: true,
    cell: ({ target }) => (target === null ? "" : <Target target={target} />),
  },
  {
    key: "outcome",
    title: "Outcome",
    width: "minmax(0,1fr)",
    cell: ({ outcome }) => <Outcome outcome={outcome} />,
  },
  {
    key: "address",
    title: "From",
    width: "minmax(0,1fr)",
    wide: true,
    cell: ({ address }) => <span className="font-mono text-sm">{oneLine(address ?? "")}</span>,
  },
];

/** Where the window is narrow, two lines a row: when and who, what and to what. */
const NARROW_COLUMNS: readonly Column<ApiAuditEntry>[] = [
  {
    key: "who",
    title: "When, who",
    width: "6.5rem",
    cell: ({ atMs, actor }) => (
      <span className="flex flex-col">
        <span className="text-ink-soft">
          <Ago atMs={atMs} />
        </span>
        <span className="truncate">
          <Actor actor={actor} />
        </span>
      </span>
    ),
  },
  {
    key: "what",
    title: "What",
    width: "minmax(0,1fr)",
    cell: ({ action, target, outcome }) => (
      <span className="flex flex-col">
        <span className="flex gap-2">
          {oneLine(action)} <Outcome outcome={outcome} />
        </span>
        <span className="truncate">{target === null ? "" : <Target target={target} />}</span>
      </span>
    ),
  },
];
const NARROW_ROW_PX = 64;

const NEWEST_FIRST = { key: "", down: true };

/** Who changed what? */
export function Changes() {
  const { q = "" } = useSearch({ from: "/shell/changes" });
  const navigate = useNavigate({ from: "/changes" });
  const isWide = useIsWide();
  const hosts = useHosts();
  const audit = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam, signal }) => readAudit(pageParam, signal),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: ({ items }) => (items.length < AUDIT_A_READ ? undefined : items.at(-1)?.id),
    // What was read a minute ago may miss what came since: the stream does not carry the audit.
    refetchOnMount: "always",
  });
  const entries = useMemo(
    () => audit.data?.pages.flatMap(({ items }) => items) ?? [],
    [audit.data],
  );
  const shown = useMemo(() => {
    const nameOf = new Map(hosts.map(({ uuid, name }) => [uuid, name]));
    return entries.filter(({ actor, action, target, outcome, address }) =>
      matchesWords(q, [actor, action, target, nameOf.get(target ?? "") ?? null, outcome, address]),
    );
  }, [entries, hosts, q]);

  return (
    <Page title="Changes" fills>
      <div className="flex flex-wrap items-center gap-2">
        <Filter
          label="Filter changes"
          value={q}
          onValue={(value) =>
            void navigate({ search: { q: value === "" ? undefined : value }, replace: true })
          }
          className="w-full md:w-72"
        />
        {audit.hasNextPage ? (
          <Button onClick={() => void audit.fetchNextPage()} busy={audit.isFetchingNextPage}>
            Read older ones
          </Button>
        ) : null}
        <VerifyAudit />
      </div>
      {audit.error !== null && audit.data === undefined ? (
        <ErrorNote error={audit.error} onRetry={() => void audit.refetch()} />
      ) : audit.data === undefined ? (
        <Waiting what="changes" />
      ) : shown.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <Empty
            title={entries.length === 0 ? "Nothing was changed yet" : "No change is like that"}
          />
        </div>
      ) : (
        <VirtualTable
          label="Changes"
          columns={isWide ? COLUMNS : NARROW_COLUMNS}
          rowPx={isWide ? 40 : NARROW_ROW_PX}
          rows={shown}
          keyOf={({ id }) => String(id)}
          sort={NEWEST_FIRST}
          onSort={() => {}}
          isWide={isWide}
        />
      )}
    </Page>
  );
}

function Outcome({ outcome }: { readonly outcome: string }) {
  return (
    <span className={outcome === "ok" ? "text-ink-soft" : "text-warn"}>{oneLine(outcome)}</span>
  );
}

/** `operator:anna` reads as `anna`; a host by its name. */
function Actor({ actor }: { readonly actor: string }) {
  const uuid = actor.startsWith("host:") ? actor.slice("host:".length) : null;
  if (uuid !== null) return <Target target={uuid} />;
  return <span title={actor}>{oneLine(actor.replace(/^operator:/, ""))}</span>;
}

function Target({ target }: { readonly target: string }) {
  const host = useHosts().find(({ uuid }) => uuid === target);
  const decky = useDeckies().some(({ name }) => name === target);
  if (host !== undefined) {
    return (
      <Link to="/hosts/$host" params={{ host: host.uuid }} className="link" title={target}>
        {host.name}
      </Link>
    );
  }
  if (decky) {
    return (
      <Link to="/deckies/$decky" params={{ decky: target }} className="link">
        {target}
      </Link>
    );
  }
  return <span title={target}>{oneLine(target)}</span>;
}
