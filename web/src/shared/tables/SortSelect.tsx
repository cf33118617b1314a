import { nextSort, type Column, type Sort } from "./tableRows";

interface Props<Row> {
  title: string;
  columns: Column<Row>[];
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  sortable: ((column: Column<Row>) => boolean) | undefined;
}

/** Sorting for cards, which have no column headers. */
export function SortSelect<Row>({ title, columns, sort, onSort, sortable = () => true }: Props<Row>) {
  const offered = columns.filter((column) => column.name !== "" && sortable(column));
  if (offered.length === 0) return null;
  const by = offered.find(({ id }) => id === sort?.column);
  return (
    <span className="sort-select">
      <select
        className="form-select form-select-sm"
        aria-label={`Sort ${title}`}
        value={by?.id ?? ""}
        onChange={({ target }) => {
          const column = offered.find(({ id }) => id === target.value);
          onSort(column === undefined ? null : nextSort(column, null));
        }}
      >
        <option value="">Default order</option>
        {offered.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {sort !== null && by !== undefined && (
        <button type="button" className="btn btn-sm btn-outline-secondary" aria-label={sort.down ? "Descending" : "Ascending"} onClick={() => onSort({ column: sort.column, down: !sort.down })}>
          {sort.down ? "▾" : "▴"}
        </button>
      )}
    </span>
  );
}
