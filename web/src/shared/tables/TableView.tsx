import type { RowData } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef, type ReactNode } from "react";
import { useTheme } from "@/shared/ui/theme";
import { useWindowWidth } from "@/shared/ui/useWindowWidth";
import { SortSelect } from "./SortSelect";
import { TableCards } from "./TableCards";
import { TableHead } from "./TableHead";
import { TableLine } from "./TableLine";
import { TableTools } from "./TableTools";
import { useMoreAtRight } from "./useMoreAtRight";
import { useRowsThatFit } from "./useRowsThatFit";
import { useTableModel, type ModelProps } from "./useTableModel";

export interface TableProps<Row extends RowData> extends Pick<ModelProps<Row>, "name" | "columns" | "rowKey"> {
  title: string;
  /** A row above the others that is neither sorted nor filtered: the total. */
  pinned?: Row | null;
  onOpen?: (row: Row) => void;
  rowClass?: (row: Row) => string;
  empty: ReactNode;
  /** Maximum height in rows before the table scrolls by itself. */
  visibleRows?: number;
  /** The page consists of this list: it uses the window to its end, and scrolls by itself only beyond that. */
  fills?: boolean;
  /** A card for each row if the window is too narrow for a table: for lists that are watched on a phone. */
  cards?: boolean;
  /** Pixels; more than one line's for cells with two lines. */
  rowHeight?: number;
  actions?: ReactNode;
}

interface Props<Row extends RowData> extends TableProps<Row>, ModelProps<Row> {
  /** The text of the header about the number of rows that match the filter. */
  count: (matching: number) => ReactNode;
  /** There are no rows at all, whatever the filter: the table is replaced by `empty`. */
  bare: boolean;
  /** Shown instead of rows if none matches the filter. */
  none: ReactNode;
  filters: ReactNode;
  /** The rows near the last one were scrolled into view. */
  onNearEnd?: () => void;
  foot?: ReactNode;
  /** There are more rows than these; their number is unknown. */
  unfinished?: boolean;
  stale?: boolean;
}

const ROW = 30;
const HEAD = 31;
/** How many rows before the last one the next ones are requested. */
const NEAR_END = 25;
/** Narrower windows have no space for a list's table. */
const CARDS_BELOW_PX = 640;

/**
 * Renders a dense table: sticky header, choice of columns, keyboard, CSV; beyond a page of rows only the visible ones are in the DOM.
 * `DataTable` has all rows here, `ListTable` requests them from the server.
 */
export function TableView<Row extends RowData>(props: Props<Row>) {
  const { name, title, pinned, onOpen, rowClass, empty, rowHeight = ROW, fills = false, onNearEnd } = props;
  const { printing } = useTheme();
  const windowWidth = useWindowWidth();
  const asCards = props.cards === true && windowWidth < CARDS_BELOW_PX && !printing;
  const scroller = useRef<HTMLDivElement>(null);
  const fitting = useRowsThatFit(scroller, fills ? { headHeight: HEAD, rowHeight } : null);
  useMoreAtRight(scroller, props.bare ? "bare" : asCards ? "cards" : "table");
  const visibleRows = fitting ?? props.visibleRows ?? 18;

  // A card has its values below one another: there is room for all of them.
  const { table, reset } = useTableModel(props, asCards ? Number.POSITIVE_INFINITY : windowWidth);
  const columns = table.getVisibleLeafColumns();
  const { rows } = table.getRowModel();
  const scrolls = rows.length > visibleRows && !printing && !asCards;
  // The virtualizer has its own state outside React's; nothing here is memoised on it.
  // eslint-disable-next-line react-hooks/incompatible-library
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => rowHeight, overscan: 12, enabled: scrolls });
  const items = scrolls ? virtual.getVirtualItems() : null;
  // A table that does not scroll always shows its last row, so it has a button for more.
  const nearEnd = items !== null && (items.at(-1)?.index ?? 0) >= rows.length - NEAR_END;
  const tellNearEnd = useRef(onNearEnd);
  useEffect(() => {
    tellNearEnd.current = onNearEnd;
  });
  useEffect(() => {
    if (nearEnd) tellNearEnd.current?.();
  }, [nearEnd, rows.length]);
  const visible = items === null ? rows : items.map((item) => rows[item.index]).filter((row) => row !== undefined);

  const above = pinned == null ? 1 : 2;
  const line = (row: Row, key: string, className: string, index: number) => (
    <TableLine key={key} row={row} columns={columns} sizing={table.state.columnSizing} className={className} rowIndex={scrolls ? index : undefined} onOpen={onOpen} />
  );

  return (
    <section className={fills ? "card table-card table-fills" : "card table-card"} data-table={name} aria-label={title}>
      <TableTools
        title={title}
        table={table}
        count={!props.bare && props.count(rows.length)}
        filters={
          <>
            {props.filters}
            {asCards && !props.bare && <SortSelect title={title} table={table} />}
          </>
        }
        bare={props.bare}
        onReset={reset}
        actions={props.actions}
      />
      {props.bare ? (
        <div className="table-empty">{empty}</div>
      ) : (
        <div ref={scroller} className={props.stale === true ? "table-scroll stale" : "table-scroll"} style={scrolls ? { height: visibleRows * rowHeight + (fills ? HEAD : 1.5 * ROW) } : undefined}>
          {asCards ? (
            <TableCards title={title} columns={columns} rows={rows} pinned={pinned} onOpen={onOpen} rowClass={rowClass} />
          ) : (
            <table className={rowHeight === ROW ? "table-dense" : "table-dense table-tall"} aria-rowcount={!scrolls ? undefined : props.unfinished === true ? -1 : rows.length + above}>
              <TableHead table={table} rowIndex={scrolls ? 1 : undefined} />
              <tbody>
                {pinned != null && line(pinned, "pinned", "row-pinned", above)}
                <Space height={items?.[0]?.start ?? 0} span={columns.length} />
                {visible.map(({ id, original }, at) => line(original, id, rowClass?.(original) ?? "", (items?.[at]?.index ?? at) + above + 1))}
                <Space height={items === null ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} span={columns.length} />
              </tbody>
            </table>
          )}
          {rows.length === 0 && <div className="table-empty">{props.none}</div>}
          {props.foot}
        </div>
      )}
    </section>
  );
}

function Space({ height, span }: { height: number; span: number }) {
  return height <= 0 ? null : (
    <tr aria-hidden style={{ height }}>
      <td colSpan={span} />
    </tr>
  );
}
