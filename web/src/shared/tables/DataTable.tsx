import type { ColumnSort, RowData } from "@tanstack/react-table";
import { formatCount } from "@/shared/format/numbers";
import { TableView, type TableProps } from "./TableView";
import { useTableState } from "./useTableState";

interface Props<Row extends RowData> extends TableProps<Row> {
  rows: Row[];
  /** How many rows there are with those that the page leaves out. */
  whole?: number;
  initialSort?: ColumnSort | null;
}

/** Shorter tables need no filter. */
const SEARCH_FROM = 8;

/** A table whose rows are all here: it sorts and filters them itself, as the URL says. */
export function DataTable<Row extends RowData>({ rows, whole = rows.length, initialSort = null, ...table }: Props<Row>) {
  const state = useTableState(table.name, initialSort);
  const filters = (rows.length >= SEARCH_FROM || state.filter !== "") && (
    <input
      className="form-control form-control-sm table-filter"
      type="search"
      placeholder="Filter"
      aria-label={`Filter ${table.title}`}
      value={state.filter}
      onChange={(event) => state.setFilter(event.target.value)}
    />
  );
  return (
    <TableView
      {...table}
      rows={rows}
      filter={state.filter}
      count={(shown) => (shown === whole ? formatCount(whole) : `${formatCount(shown)} of ${formatCount(whole)}`)}
      bare={rows.length === 0}
      none={<>No matches for “{state.filter}”.</>}
      filters={filters}
      sort={state.sort}
      onSort={state.setSort}
    />
  );
}
