import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { useTheme } from "@/shared/ui/theme";
import { useWindowWidth } from "@/shared/ui/useWindowWidth";
import { TableHead } from "./TableHead";
import { TableTools } from "./TableTools";
import { cellClass, filterRows, shownColumns, sortRows, type Column, type Sort } from "./tableRows";
import { useRowsThatFit } from "./useRowsThatFit";
import { useTableState } from "./useTableState";

interface Props<Row> {
  /** Name of the table in the URL; also its place for tests. */
  name: string;
  title: string;
  rows: Row[];
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
  initialSort?: Sort | null;
  /** A row above the others that neither sorts nor filters: the total. */
  pinned?: Row | null;
  onOpen?: (row: Row) => void;
  rowClass?: (row: Row) => string;
  empty: ReactNode;
  /** Most rows of height before the table scrolls by itself. */
  visibleRows?: number;
  /** The page is this list: it uses the window to its end, and scrolls by itself only beyond that. */
  fills?: boolean;
  /** Pixels; more than a line's for cells of two lines. */
  rowHeight?: number;
  actions?: ReactNode;
}

const ROW = 30;
const HEAD = 31;
const SEARCH_FROM = 8;

/** A dense table: sticky head, sort, filter, choice of columns, keyboard, CSV; beyond a page of rows only those in sight are in the DOM. */
export function DataTable<Row>(props: Props<Row>) {
  const { name, title, rows, columns, rowKey, pinned, onOpen, rowClass, empty, rowHeight = ROW, fills = false, actions } = props;
  const state = useTableState(name, props.initialSort ?? null);
  const { printing } = useTheme();
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map());
  const scroller = useRef<HTMLDivElement>(null);
  const fitting = useRowsThatFit(scroller, fills ? { headHeight: HEAD, rowHeight } : null);
  const visibleRows = fitting ?? props.visibleRows ?? 18;

  const shown = shownColumns(columns, chosen, useWindowWidth());
  const sorted = useMemo(() => sortRows(filterRows(rows, columns, state.filter), columns, state.sort), [rows, columns, state.filter, state.sort]);
  const scrolls = sorted.length > visibleRows && !printing;
  // The virtualizer keeps its own state outside React's; nothing here is memoised on it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({ count: sorted.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12, enabled: scrolls });
  const items = scrolls ? virtual.getVirtualItems() : null;
  const visible = items === null ? sorted : items.map((item) => sorted[item.index]).filter((row) => row !== undefined);

  const line = (row: Row, key: string, className: string) => (
    <tr
      key={key}
      className={`${className} ${onOpen === undefined ? "" : "row-opens"}`}
      tabIndex={onOpen === undefined ? undefined : 0}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest("a,button,input") === null) onOpen?.(row);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.(row);
        if (event.key === "ArrowDown") move(event.currentTarget.nextElementSibling);
        if (event.key === "ArrowUp") move(event.currentTarget.previousElementSibling);
      }}
    >
      {shown.map((column) => (
        <td key={column.id} className={cellClass(column)} title={fullText(column, row)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );

  return (
    <section className={fills ? "card table-card table-fills" : "card table-card"} data-table={name} aria-label={title}>
      <TableTools
        title={title}
        columns={columns}
        rows={sorted}
        total={rows.length}
        filter={rows.length >= SEARCH_FROM || state.filter !== "" ? state.filter : null}
        onFilter={state.setFilter}
        shown={new Set(shown.map((column) => column.id))}
        onShow={(id, show) => setChosen(new Map(chosen).set(id, show))}
        actions={actions}
      />
      {rows.length === 0 ? (
        <div className="table-empty">{empty}</div>
      ) : (
        <div ref={scroller} className="table-scroll" style={scrolls ? { height: visibleRows * rowHeight + (fills ? HEAD : 1.5 * ROW) } : undefined}>
          <table className={rowHeight === ROW ? "table-dense" : "table-dense table-tall"}>
            <TableHead columns={shown} sort={state.sort} onSort={state.setSort} />
            <tbody>
              {pinned !== null && pinned !== undefined && line(pinned, "pinned", "row-pinned")}
              <Space height={items?.[0]?.start ?? 0} span={shown.length} />
              {visible.map((row) => line(row, rowKey(row), rowClass?.(row) ?? ""))}
              <Space height={items === null ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} span={shown.length} />
            </tbody>
          </table>
          {sorted.length === 0 && <div className="table-empty">No matches for “{state.filter}”.</div>}
        </div>
      )}
    </section>
  );
}

function move(row: Element | null): void {
  if (row instanceof HTMLElement) row.focus();
}

/** What a cell may have cut, whole. */
function fullText<Row>(column: Column<Row>, row: Row): string | undefined {
  if (column.main !== true && column.clip !== true) return undefined;
  const value = column.value(row);
  return typeof value === "string" && value !== "" ? value.trim() : undefined;
}

function Space({ height, span }: { height: number; span: number }) {
  return height <= 0 ? null : (
    <tr aria-hidden style={{ height }}>
      <td colSpan={span} />
    </tr>
  );
}
