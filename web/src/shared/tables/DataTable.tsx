import { useVirtualizer } from "@tanstack/react-virtual";
import { useMemo, useRef, useState, type ReactNode } from "react";
import { useTheme } from "@/shared/ui/theme";
import { TableHead } from "./TableHead";
import { TableTools } from "./TableTools";
import { filterRows, sortRows, type Column, type Sort } from "./tableRows";
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
  /** Pixels; more than a line's for cells of two lines. */
  rowHeight?: number;
  actions?: ReactNode;
}

const ROW = 30;
const SEARCH_FROM = 8;

/** A dense table: sticky head, sort, filter, choice of columns, keyboard, CSV; beyond a page of rows only those in sight are in the DOM. */
export function DataTable<Row>(props: Props<Row>) {
  const { name, title, rows, columns, rowKey, pinned, onOpen, rowClass, empty, visibleRows = 18, rowHeight = ROW, actions } = props;
  const state = useTableState(name, props.initialSort ?? null);
  const { printing } = useTheme();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(() => new Set(columns.filter((column) => column.optional).map((column) => column.id)));
  const scroller = useRef<HTMLDivElement>(null);

  const shown = columns.filter((column) => !hidden.has(column.id));
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
        <td key={column.id} className={cellClass(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );

  return (
    <section className="card table-card" data-table={name} aria-label={title}>
      <TableTools
        title={title}
        columns={columns}
        rows={sorted}
        total={rows.length}
        filter={rows.length >= SEARCH_FROM || state.filter !== "" ? state.filter : null}
        onFilter={state.setFilter}
        hidden={hidden}
        onHidden={setHidden}
        actions={actions}
      />
      {rows.length === 0 ? (
        <div className="table-empty">{empty}</div>
      ) : (
        <div ref={scroller} className="table-scroll" style={scrolls ? { height: visibleRows * rowHeight + 1.5 * ROW } : undefined}>
          <table className={rowHeight === ROW ? "table-dense" : "table-dense table-tall"}>
            <TableHead columns={shown} sort={state.sort} onSort={state.setSort} />
            <tbody>
              {pinned !== null && pinned !== undefined && line(pinned, "pinned", "row-pinned")}
              <Space height={items?.[0]?.start ?? 0} span={shown.length} />
              {visible.map((row) => line(row, rowKey(row), rowClass?.(row) ?? ""))}
              <Space height={items === null ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} span={shown.length} />
            </tbody>
          </table>
          {sorted.length === 0 && <div className="table-empty">Nothing here has “{state.filter}” in it.</div>}
        </div>
      )}
    </section>
  );
}

function move(row: Element | null): void {
  if (row instanceof HTMLElement) row.focus();
}

export function cellClass<Row>(column: Column<Row>): string {
  return [column.numeric === true ? "num" : "", column.main === true ? "main" : ""].join(" ").trim();
}

function Space({ height, span }: { height: number; span: number }) {
  return height <= 0 ? null : (
    <tr aria-hidden style={{ height }}>
      <td colSpan={span} />
    </tr>
  );
}
