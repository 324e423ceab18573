import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, type UIEvent, useEffect, useRef } from "react";

export interface Column<Row> {
  readonly key: string;
  readonly title: string;
  /** Track of the grid, such as `minmax(0,2fr)`. */
  readonly width: string;
  /** Left out where the window is narrow. */
  readonly wide?: boolean;
  readonly cell: (row: Row) => ReactNode;
  /** Orders two rows; without it the column cannot be sorted by. */
  readonly compare?: (a: Row, b: Row) => number;
}

export interface Sort {
  readonly key: string;
  readonly down: boolean;
}

interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
  readonly isWide: boolean;
  /** Height of a row; 40 unless told. */
  readonly rowPx?: number;
  /** Told how many rows there are whenever the last of them is in sight, and null when it is not. */
  readonly onEnd?: (rowsAtEnd: number | null) => void;
  readonly onScroll?: (scroll: UIEvent<HTMLElement>) => void;
  /** False inside of a frame. */
  readonly isFramed?: boolean;
}

/** A table of any length: only the rows in sight are in the document. Scrolls by itself. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { label, rows, keyOf, sort, onSort, onEnd, isWide, rowPx = 40, isFramed = true } = props;
  const columns = props.columns.filter((column) => isWide || column.wide !== true);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPx,
    overscan: 12,
    getItemKey: (at) => {
      const row = rows[at];
      return row === undefined ? at : keyOf(row);
    },
  });
  const items = virtual.getVirtualItems();
  const atEnd = (items.at(-1)?.index ?? -1) >= rows.length - 1;
  const rowsAtEnd = atEnd ? rows.length : null;
  useEffect(() => onEnd?.(rowsAtEnd), [onEnd, rowsAtEnd]);
  const grid = { gridTemplateColumns: columns.map(({ width }) => width).join(" ") };
  return (
    <div
      ref={scroller}
      onScroll={props.onScroll}
      role="table"
      aria-label={label}
      aria-rowcount={rows.length + 1}
      tabIndex={0}
      className={`min-h-64 grow basis-0 overflow-auto bg-surface [overflow-anchor:none] ${isFramed ? "rounded-lg border border-line" : "rounded-b-lg"}`}
    >
      <div role="rowgroup" className="sticky top-0 z-10 border-b border-line bg-surface">
        <div role="row" aria-rowindex={1} className="grid gap-4 px-4" style={grid}>
          {columns.map((column) => (
            <HeaderCell key={column.key} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div role="rowgroup" className="relative" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          return row === undefined ? null : (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              className="absolute inset-x-0 grid items-center gap-4 border-b border-line px-4 hover:bg-sunken"
              style={{ ...grid, height: rowPx, top: item.start }}
            >
              {columns.map((column) => (
                <div key={column.key} role="cell" className="min-w-0 truncate">
                  {column.cell(row)}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface HeaderCellProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort;
  readonly onSort: (sort: Sort) => void;
}

function HeaderCell<Row>({ column, sort, onSort }: HeaderCellProps<Row>) {
  const sorted = sort.key === column.key;
  const Arrow = sort.down ? ArrowDown : ArrowUp;
  return (
    <div
      role="columnheader"
      aria-sort={sorted ? (sort.down ? "descending" : "ascending") : "none"}
      className="flex h-10 min-w-0 items-center text-sm text-ink-soft"
    >
      {column.compare === undefined ? (
        column.title
      ) : (
        <button
          type="button"
          onClick={() => onSort({ key: column.key, down: sorted ? !sort.down : false })}
          className={`-mx-1 inline-flex h-8 items-center gap-1 rounded-sm px-1 hover:text-ink ${sorted ? "font-bold text-ink" : ""}`}
        >
          {column.title}
          {sorted ? <Arrow aria-hidden="true" size={12} /> : null}
        </button>
      )}
    </div>
  );
}

/** Rows as the sort says; equal ones keep their order. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort,
): readonly Row[] {
  const compare = columns.find(({ key }) => key === sort.key)?.compare;
  if (compare === undefined) return rows;
  return rows.toSorted((a, b) => (sort.down ? -compare(a, b) : compare(a, b)));
}
