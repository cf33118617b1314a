import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef, type ReactNode } from "react";
import { useTheme } from "@/shared/ui/theme";
import { useWindowWidth } from "@/shared/ui/useWindowWidth";
import { SortSelect } from "./SortSelect";
import { TableCards } from "./TableCards";
import { TableHead } from "./TableHead";
import { TableLine } from "./TableLine";
import { TableTools } from "./TableTools";
import { shownColumns, type Column, type Sort } from "./tableRows";
import { useMoreAtRight } from "./useMoreAtRight";
import { useRowsThatFit } from "./useRowsThatFit";
import { useTableChoices } from "./useTableChoices";

export interface TableProps<Row> {
  /** Name of the table; also identifies it for tests. */
  name: string;
  title: string;
  columns: Column<Row>[];
  rowKey: (row: Row) => string;
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

interface Props<Row> extends TableProps<Row> {
  /** The visible ones: filtered and sorted. */
  rows: Row[];
  /** The text of the header about their number. */
  count: ReactNode;
  /** There are no rows at all, whatever the filter: the table is replaced by `empty`. */
  bare: boolean;
  /** Shown instead of rows if none matches the filter. */
  none: ReactNode;
  filters: ReactNode;
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  /** By default rows can be sorted by every column. */
  sortable?: (column: Column<Row>) => boolean;
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
/** A card has its values below one another, so even this width is enough for all of them. */
const CARD_ROOM_PX = 900;

/**
 * Renders a dense table: sticky header, choice of columns, keyboard, CSV; beyond a page of rows only the visible ones are in the DOM. The
 * caller filters and sorts the rows: `DataTable` does so itself, `ListTable` requests it from the server.
 */
export function TableView<Row>(props: Props<Row>) {
  const { name, title, rows, columns, rowKey, pinned, onOpen, rowClass, empty, rowHeight = ROW, fills = false, sort, onNearEnd } = props;
  const { printing } = useTheme();
  const choices = useTableChoices(name);
  const windowWidth = useWindowWidth();
  const asCards = props.cards === true && windowWidth < CARDS_BELOW_PX && !printing;
  const scroller = useRef<HTMLDivElement>(null);
  const fitting = useRowsThatFit(scroller, fills ? { headHeight: HEAD, rowHeight } : null);
  useMoreAtRight(scroller, props.bare ? "bare" : asCards ? "cards" : "table");
  const visibleRows = fitting ?? props.visibleRows ?? 18;

  const room = asCards ? CARD_ROOM_PX : windowWidth;
  const shown = useMemo(() => shownColumns(columns, choices.shown, room), [columns, choices.shown, room]);
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
    <TableLine key={key} row={row} columns={shown} widths={choices.widths} className={className} rowIndex={scrolls ? index : undefined} onOpen={onOpen} />
  );

  return (
    <section className={fills ? "card table-card table-fills" : "card table-card"} data-table={name} aria-label={title}>
      <TableTools
        title={title}
        columns={columns}
        rows={rows}
        count={props.count}
        filters={
          <>
            {props.filters}
            {asCards && !props.bare && <SortSelect title={title} columns={columns} sort={sort} onSort={props.onSort} sortable={props.sortable} />}
          </>
        }
        bare={props.bare}
        shown={new Set(shown.map((column) => column.id))}
        onShow={choices.show}
        onReset={choices.shown.size + choices.widths.size === 0 ? null : choices.reset}
        actions={props.actions}
      />
      {props.bare ? (
        <div className="table-empty">{empty}</div>
      ) : (
        <div ref={scroller} className={props.stale === true ? "table-scroll stale" : "table-scroll"} style={scrolls ? { height: visibleRows * rowHeight + (fills ? HEAD : 1.5 * ROW) } : undefined}>
          {asCards ? (
            <TableCards title={title} columns={shown} rows={rows} pinned={pinned} rowKey={rowKey} onOpen={onOpen} rowClass={rowClass} />
          ) : (
            <table className={rowHeight === ROW ? "table-dense" : "table-dense table-tall"} aria-rowcount={!scrolls ? undefined : props.unfinished === true ? -1 : rows.length + above}>
              <TableHead
                columns={shown}
                sort={sort}
                onSort={props.onSort}
                {...(props.sortable === undefined ? {} : { sortable: props.sortable })}
                widths={choices.widths}
                onResize={choices.resize}
                rowIndex={scrolls ? 1 : undefined}
              />
              <tbody>
                {pinned != null && line(pinned, "pinned", "row-pinned", above)}
                <Space height={items?.[0]?.start ?? 0} span={shown.length} />
                {visible.map((row, at) => line(row, rowKey(row), rowClass?.(row) ?? "", (items?.[at]?.index ?? at) + above + 1))}
                <Space height={items === null ? 0 : virtual.getTotalSize() - (items.at(-1)?.end ?? 0)} span={shown.length} />
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
