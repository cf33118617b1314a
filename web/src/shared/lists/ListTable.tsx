import type { ColumnSort, RowData } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { formatCount } from "@/shared/format/numbers";
import { TableView, type TableProps } from "@/shared/tables/TableView";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Waiting } from "@/shared/ui/Waiting";
import { ListFilters, type Facet } from "./ListFilters";
import { EMPTY_LIST, isUnfiltered, type ListState } from "./listState";
import { LoadMore } from "./LoadMore";
import type { Pages } from "./usePages";

interface Props<Row extends RowData> extends TableProps<Row> {
  pages: Pages<Row>;
  state: ListState;
  onChange: (change: Partial<ListState>) => void;
  /** The server's sort keys by column. */
  orders: Record<string, string>;
  /** null: a list without filters. */
  facets: Facet[] | null;
  searches: string;
  /** Rows without owners. */
  unowned?: boolean;
}

/** A table that the server filters and sorts; the next rows are loaded when the last ones are scrolled into view. */
export function ListTable<Row extends RowData>({ pages, state, onChange, orders, facets, searches, unowned = false, ...table }: Props<Row>) {
  const { rows, error, more } = pages;
  if (rows === undefined && error === null) return <Waiting what={`Loading ${table.title.toLowerCase()}…`} />;
  const failure = error !== null && <ErrorBox error={error} onRetry={pages.retry} />;
  // The filters may be the reason, so their fields stay.
  if (rows === undefined && isUnfiltered(state)) return failure;
  const bare = rows?.length === 0 && isUnfiltered(state);
  const columnOf = (order: string) => Object.keys(orders).find((column) => orders[column] === order) ?? order;
  const sort = state.sort && { ...state.sort, id: columnOf(state.sort.id) };
  const onSort = (next: ColumnSort | null) => onChange({ sort: next && { ...next, id: orders[next.id] ?? next.id } });
  return (
    <TableView
      {...table}
      cards
      rows={rows ?? []}
      count={(loaded) => rows !== undefined && (more ? `${formatCount(loaded)}+` : formatCount(loaded))}
      bare={bare}
      none={
        failure !== false ? (
          failure
        ) : (
          <NoMatches title={table.title} onReset={() => onChange({ ...EMPTY_LIST, facets: Object.fromEntries((facets ?? []).map(({ name }) => [name, ""])), sort: state.sort })} />
        )
      }
      filters={!bare && facets !== null && <ListFilters title={table.title} state={state} facets={facets} searches={searches} unowned={unowned} onChange={onChange} />}
      sort={sort}
      onSort={onSort}
      sortable={orders}
      onNearEnd={pages.loadMore}
      stale={pages.stale}
      unfinished={more}
      foot={more && <LoadMore busy={pages.loadingMore} error={pages.moreError} onMore={pages.loadMore} />}
    />
  );
}

function NoMatches({ title, onReset }: { title: string; onReset: () => void }): ReactNode {
  return (
    <>
      No {title.toLowerCase()} match these filters.{" "}
      <button type="button" className="btn btn-quiet" onClick={onReset}>
        Clear filters
      </button>
    </>
  );
}
