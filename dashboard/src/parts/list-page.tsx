import { type ReactNode, useMemo } from "react";
import { matchesWords } from "../facts/match.ts";
import { countByState, type ShownState } from "../facts/states.ts";
import { useIsWide } from "../shell/media.ts";
import { Filter } from "./field.tsx";
import { Empty, ErrorNote, Waiting } from "./notes.tsx";
import { Page } from "./page.tsx";
import { StateFilter } from "./state-filter.tsx";
import { type Column, type Sort, sortRows, VirtualTable } from "./virtual-table.tsx";

/** What the address says of a list. */
export interface ListSearch {
  readonly q?: string | undefined;
  readonly state?: string | undefined;
  /** Key of a column; `-` before it for downwards. */
  readonly sort?: string | undefined;
}

interface ListPageProps<Row, State extends ShownState> {
  readonly title: string;
  /** Null until read. */
  readonly rows: readonly Row[] | null;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  /** What the filter looks into. */
  readonly textsOf: (row: Row) => readonly (string | null)[];
  readonly stateOf: (row: Row) => State;
  readonly stateOrder: readonly State[];
  /** Shown only to whoever asks for this state. */
  readonly hiddenState?: State;
  readonly search: ListSearch;
  readonly onSearch: (next: ListSearch) => void;
  /** What stands there when there is nothing at all. */
  readonly empty: ReactNode;
}

/** A page that is one long table: filtered as one types, sorted, both kept in the address. */
export function ListPage<Row, State extends ShownState>(props: ListPageProps<Row, State>) {
  const { title, rows, columns, textsOf, stateOf, stateOrder, hiddenState, search } = props;
  const { q = "", state, sort } = search;
  const order = useMemo(() => sortOf(sort ?? columns[0]?.key ?? ""), [sort, columns]);
  const { counts, shown, all } = useMemo(() => {
    const inScope = (rows ?? []).filter((row) =>
      state === undefined ? stateOf(row) !== hiddenState : stateOf(row) === state,
    );
    const found = inScope.filter((row) => matchesWords(q, textsOf(row)));
    return {
      counts: countByState((rows ?? []).map(stateOf), stateOrder),
      shown: sortRows(found, columns, order),
      all: inScope.length,
    };
  }, [rows, q, state, order, columns, textsOf, stateOf, stateOrder, hiddenState]);
  const isWide = useIsWide();
  const what = title.toLowerCase();

  return (
    <Page
      title={title}
      fills
      aside={rows === null ? null : <Count shown={shown.length} all={all} />}
    >
      <div className="flex flex-wrap items-center gap-2">
        <Filter
          label={`Filter ${what}`}
          value={q}
          onValue={(value) => props.onSearch({ ...search, q: value === "" ? undefined : value })}
          className="w-full md:w-72"
        />
        <StateFilter
          counts={counts}
          chosen={state}
          onChoose={(next) => props.onSearch({ ...search, state: next })}
        />
      </div>
      {rows === null ? (
        props.error === null ? (
          <Waiting what={`the ${what}`} />
        ) : (
          <ErrorNote error={props.error} onRetry={props.onRetry} />
        )
      ) : shown.length > 0 ? (
        <VirtualTable
          label={title}
          columns={columns}
          rows={shown}
          keyOf={props.keyOf}
          sort={order}
          onSort={(next) => props.onSearch({ ...search, sort: sortText(next) })}
          isWide={isWide}
        />
      ) : (
        <div className="rounded-lg border border-line bg-surface">
          {rows.some((row) => stateOf(row) !== hiddenState) ? (
            <Empty title={`No ${what} are like that`}>
              <button type="button" className="link" onClick={() => props.onSearch({ sort })}>
                Show all {what}
              </button>
            </Empty>
          ) : (
            props.empty
          )}
        </div>
      )}
    </Page>
  );
}

function Count({ shown, all }: { readonly shown: number; readonly all: number }) {
  const [some, whole] = [shown, all].map((count) => count.toLocaleString("en-US"));
  return (
    <span role="status" className="text-ink-soft">
      {shown === all ? whole : `${some} of ${whole}`}
    </span>
  );
}

function sortOf(text: string): Sort {
  return text.startsWith("-") ? { key: text.slice(1), down: true } : { key: text, down: false };
}

function sortText({ key, down }: Sort): string {
  return down ? `-${key}` : key;
}

/** Compares by text, numbers within it by value: `web-2` before `web-10`. */
export function byText<Row>(read: (row: Row) => string): (a: Row, b: Row) => number {
  return (a, b) => collator.compare(read(a), read(b));
}

const collator = new Intl.Collator("en", { numeric: true });
