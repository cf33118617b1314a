import type { RowData } from "@tanstack/react-table";
import { ownColumn, type TableModel } from "./tableRows";

/** Sorting for cards, which have no column headers. */
export function SortSelect<Row extends RowData>({ title, table }: { title: string; table: TableModel<Row> }) {
  const offered = table.getAllLeafColumns().filter((column) => column.getCanSort());
  if (offered.length === 0) return null;
  const by = offered.find((column) => column.getIsSorted() !== false);
  const down = by?.getIsSorted() === "desc";
  return (
    <span className="sort-select">
      <select
        className="form-select form-select-sm"
        aria-label={`Sort ${title}`}
        value={by?.id ?? ""}
        onChange={({ target }) => {
          const column = offered.find(({ id }) => id === target.value);
          table.setSorting(column === undefined ? [] : [{ id: column.id, desc: column.getFirstSortDir() === "desc" }]);
        }}
      >
        <option value="">Default order</option>
        {offered.map((column) => (
          <option key={column.id} value={column.id}>
            {ownColumn(column).name}
          </option>
        ))}
      </select>
      {by !== undefined && (
        <button type="button" className="btn btn-sm btn-outline-secondary" aria-label={down ? "Descending" : "Ascending"} onClick={() => by.toggleSorting(!down)}>
          {down ? "▾" : "▴"}
        </button>
      )}
    </span>
  );
}
