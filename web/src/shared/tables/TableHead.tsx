import { cellClass, nextSort, type Column, type Sort } from "./tableRows";

interface Props<Row> {
  columns: Column<Row>[];
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  sortable?: (column: Column<Row>) => boolean;
}

export function TableHead<Row>({ columns, sort, onSort, sortable = () => true }: Props<Row>) {
  return (
    <thead>
      <tr>
        {columns.map((column) => {
          const by = sort?.column === column.id ? sort : null;
          return (
            <th key={column.id} scope="col" className={cellClass(column)} aria-sort={by === null ? (sortable(column) ? "none" : undefined) : by.down ? "descending" : "ascending"}>
              {column.name === "" ? (
                <span className="visually-hidden">{column.title ?? "Actions"}</span>
              ) : !sortable(column) ? (
                column.name
              ) : (
                <button type="button" title={column.title ?? `Sort by ${column.name}`} onClick={() => onSort(nextSort(column, sort))}>
                  {column.name}
                  <i aria-hidden>{by === null ? "" : by.down ? "▾" : "▴"}</i>
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}
