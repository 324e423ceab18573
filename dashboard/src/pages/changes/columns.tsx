import { Link } from "@tanstack/react-router";
import { CircleSlash } from "lucide-react";
import type { ApiAuditEntry } from "../../../../src/wire/api/audit.ts";
import { useDeckies, useHosts } from "../../api/queries.ts";
import { oneLine } from "../../facts/event-summary.ts";
import { Ago } from "../../parts/time.tsx";
import type { Column } from "../../parts/virtual-table.tsx";

export const COLUMNS: readonly Column<ApiAuditEntry>[] = [
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
export const NARROW_COLUMNS: readonly Column<ApiAuditEntry>[] = [
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
export const NARROW_ROW_PX = 64;

function Outcome({ outcome }: { readonly outcome: string }) {
  if (outcome === "ok") return <span className="text-ink-soft">ok</span>;
  return (
    <span
      className="inline-flex max-w-full min-w-0 items-center gap-1 align-bottom text-warn"
      title={`refused: ${outcome}`}
    >
      <CircleSlash aria-hidden="true" size={12} className="shrink-0" />
      <span className="truncate">{oneLine(outcome)}</span>
    </span>
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
