import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import type { ApiAuditEntry } from "../../../src/wire/api/audit.ts";
import { auditQuery, readOlderAudit } from "../api/records.ts";
import type { AuditFilter, AuditList, AuditSearch } from "../live/audit-list.ts";
import { Chip } from "../parts/chip.tsx";
import { FeedStatus, useHeld, useOlder, useReading } from "../parts/feed.tsx";
import { Filter } from "../parts/field.tsx";
import { Empty, ErrorNote, Waiting } from "../parts/notes.tsx";
import { Page } from "../parts/page.tsx";
import { useSettled } from "../parts/settled.ts";
import { VirtualTable } from "../parts/virtual-table.tsx";
import { useIsWide } from "../shell/media.ts";
import { COLUMNS, NARROW_COLUMNS, NARROW_ROW_PX } from "./changes/columns.tsx";
import { Filters } from "./changes/filters.tsx";
import { VerifyAudit } from "./changes/verify-audit.tsx";

/** Who changed what? Filtered by the master, which has all of it. */
export function Changes() {
  const search = useSearch({ from: "/shell/changes" });
  const navigate = useNavigate({ from: "/changes" });
  const filter = useFilter(search);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    ...auditQuery(filter),
    placeholderData: keepPreviousData,
  });
  const narrow = (next: AuditSearch) => void navigate({ search: next, replace: true });
  const isNarrowed = Object.keys(filter).length > 0;

  return (
    <Page title="Changes" fills>
      <div className="flex flex-wrap items-center gap-2">
        <Filter
          label="Filter changes"
          value={search.q ?? ""}
          onValue={(q) => narrow({ ...search, q: q === "" ? undefined : q })}
          maxLength={200}
          className="w-full md:w-72"
        />
        <Filters filter={search} onFilter={narrow} />
        <Chip
          name="to"
          value={search.target}
          onDrop={() => narrow({ ...search, target: undefined })}
        />
        <VerifyAudit />
      </div>
      {error !== null && data === undefined ? (
        <ErrorNote error={error} onRetry={() => void refetch()} />
      ) : data === undefined ? (
        <Waiting what="changes" />
      ) : data.items.length === 0 ? (
        <div className="rounded-lg border border-line bg-surface">
          <NoChanges any={isNarrowed} />
        </div>
      ) : (
        <Rows
          // Another filter is another list: it starts at its top.
          key={JSON.stringify(filter)}
          filter={filter}
          list={data}
          isStale={isPlaceholderData}
        />
      )}
    </Page>
  );
}

/** As the address says it, once the typing pauses: each filter is a question to the master. */
function useFilter({ q, actor, action, target, outcome }: AuditSearch): AuditFilter {
  const words = useSettled(q?.trim() ?? "", 150);
  return useMemo(
    () => ({
      ...(words === "" ? {} : { q: words }),
      ...(actor === undefined ? {} : { actor }),
      ...(action === undefined ? {} : { action }),
      ...(target === undefined ? {} : { target }),
      ...(outcome === undefined ? {} : { outcome }),
    }),
    [words, actor, action, target, outcome],
  );
}

function NoChanges({ any }: { readonly any: boolean }) {
  return any ? (
    <Empty title="No change is like that">
      <p>The whole log was looked through, from the newest row to the first.</p>
      <Link to="/changes" className="link">
        Show all changes
      </Link>
    </Empty>
  ) : (
    <Empty title="Nothing was changed yet">
      <p>
        Whatever an operator, a program or a host changes stands here at once: who, what, from
        where, and whether it was done or refused.
      </p>
    </Empty>
  );
}

interface RowsProps {
  readonly filter: AuditFilter;
  readonly list: AuditList;
  /** True while these are the rows of the filter before. */
  readonly isStale: boolean;
}

const NEWEST_FIRST = { key: "", down: true };
const idOf = ({ id }: ApiAuditEntry) => id;

function Rows({ filter, list, isStale }: RowsProps) {
  const isWide = useIsWide();
  const { reading, onScroll, around } = useReading();
  const { shown, waiting, letIn } = useHeld(list.items, idOf, reading);
  const [rowsAtEnd, setRowsAtEnd] = useState<number | null>(null);
  // Of these rows: the end of what another filter showed says nothing.
  const atEnd = rowsAtEnd === shown.length;
  const readOlder = useCallback(() => readOlderAudit(filter), [filter]);
  const olderError = useOlder(atEnd && list.more && !isStale, readOlder, list.items.length);
  return (
    <div
      {...around}
      aria-busy={isStale}
      className="flex min-h-64 grow basis-0 flex-col rounded-lg border border-line bg-surface aria-busy:opacity-60"
    >
      <FeedStatus
        count={shown.length}
        one="change"
        many="changes"
        more={list.more}
        waiting={waiting}
        state={reading ? "held" : "following"}
        onShow={letIn}
      />
      {olderError === null ? null : <ErrorNote error={olderError} />}
      <VirtualTable
        label="Changes"
        columns={isWide ? COLUMNS : NARROW_COLUMNS}
        rowPx={isWide ? 40 : NARROW_ROW_PX}
        rows={shown}
        keyOf={({ id }) => String(id)}
        sort={NEWEST_FIRST}
        onSort={() => {}}
        onEnd={setRowsAtEnd}
        onScroll={onScroll}
        isWide={isWide}
        isFramed={false}
      />
    </div>
  );
}
