import { useMemo } from "react";
import { formatCount } from "@/shared/format/numbers";
import { filterRows, sortRows, type Sort } from "./tableRows";
import { TableView, type TableProps } from "./TableView";
import { useTableState } from "./useTableState";

interface Props<Row> extends TableProps<Row> {
  rows: Row[];
  /** How many rows there are with those that the page leaves out. */
  whole?: number;
  initialSort?: Sort | null;
}

/** Shorter tables need no filter. */
const SEARCH_FROM = 8;

/** A table whose rows are all here: it sorts and filters them itself, as the URL says. */
export function DataTable<Row>({ rows, whole = rows.length, initialSort = null, ...table }: Props<Row>) {
  const state = useTableState(table.name, initialSort);
  const { columns, title } = table;
  const shown = useMemo(() => sortRows(filterRows(rows, columns, state.filter), columns, state.sort), [rows, columns, state.filter, state.sort]);
  const filters = (rows.length >= SEARCH_FROM || state.filter !== "") && (
    <input
      className="form-control form-control-sm table-filter"
      type="search"
      placeholder="Filter"
      aria-label={`Filter ${title}`}
      value={state.filter}
      onChange={(event) => state.setFilter(event.target.value)}
    />
  );
  return (
    <TableView
      {...table}
      rows={shown}
      count={rows.length > 0 && (shown.length === whole ? formatCount(whole) : `${formatCount(shown.length)} of ${formatCount(whole)}`)}
      bare={rows.length === 0}
      none={<>No matches for “{state.filter}”.</>}
      filters={filters}
      sort={state.sort}
      onSort={state.setSort}
    />
  );
}
