/** A table's columns, and how TanStack Table filters and sorts its rows by them. Pure. */
import {
  columnFilteringFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  constructSortFn,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  metaHelper,
  rowSortingFeature,
  tableFeatures,
  type Column as LibraryColumn,
  type ColumnDef,
  type ColumnSizingState,
  type FilterFn,
  type ReactTable,
  type RowData,
} from "@tanstack/react-table";

export type SortValue = string | number | null;

export interface Column<Row> {
  id: string;
  /** Header of the column, with the unit if the cells have none. */
  name: string;
  title?: string;
  cell: (row: Row) => React.ReactNode;
  /** The value for sorting and CSV. */
  value: (row: Row) => SortValue;
  numeric?: boolean;
  /** Hidden by default. */
  optional?: boolean;
  /** Cannot be hidden; takes the remaining width. */
  main?: boolean;
  /** A name or other text of any length: shortened, so that the figures stay visible; in full in its title. */
  clip?: boolean;
  /** Usually a long text: has a line of its own on a card. */
  wide?: boolean;
  /** Hidden by default in windows narrower than this, in pixels. */
  spareBelow?: number;
}

/** The parts of TanStack Table that the console uses; the others are not in its bundle. */
export const FEATURES = tableFeatures({
  columnFilteringFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  globalFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
  columnMeta: metaHelper<Column<never>>(),
});

export type TableModel<Row extends RowData> = ReactTable<typeof FEATURES, Row>;
export type TableColumn<Row extends RowData> = LibraryColumn<typeof FEATURES, Row>;

const WORDS = new Intl.Collator("en", { numeric: true });

/** Numbers by size, texts by their words; rows without a value are last in both directions (`sortUndefined`). */
const byValue = constructSortFn<typeof FEATURES>({
  sort: (a: string | number, b: string | number) => (typeof a === "number" && typeof b === "number" ? a - b : WORDS.compare(String(a), String(b))),
});

/** Rows that contain every word of the filter in one of their text columns, ignoring case. */
export function everyWord<Row extends RowData>(columns: Column<Row>[]): FilterFn<typeof FEATURES, Row> {
  const has = ({ original }: { original: Row }, _: string, words: string[]) => {
    const text = columns
      .map((column) => column.value(original))
      .filter((value) => typeof value === "string")
      .join("\n")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  };
  return Object.assign(has, { resolveFilterValue: (filter: string) => filter.toLowerCase().split(/\s+/) });
}

/** The columns for TanStack Table. Rows can be sorted by those that have a name and, if given, are in `sortable`. */
export function columnDefs<Row extends RowData>(columns: Column<Row>[], sortable?: Readonly<Record<string, unknown>>): ColumnDef<typeof FEATURES, Row>[] {
  return columns.map((column, index) => ({
    id: column.id,
    accessorFn: (row: Row) => column.value(row) ?? undefined,
    enableSorting: column.name !== "" && (sortable === undefined || column.id in sortable),
    sortFn: byValue,
    sortDescFirst: column.numeric === true,
    sortUndefined: "last",
    // `everyWord` looks at all columns, so it is asked once for each row.
    enableGlobalFilter: index === 0,
    enableHiding: column.name !== "" && column.main !== true,
    minSize: 48,
    maxSize: 1600,
    meta: column,
  }));
}

/** Which columns are visible: as the user chose, otherwise those that are not optional and fit a window of this width. */
export function columnVisibility<Row>(columns: Column<Row>[], chosen: Readonly<Record<string, boolean>>, windowWidth: number): Record<string, boolean> {
  return Object.fromEntries(columns.map(({ id, optional, spareBelow = 0 }) => [id, chosen[id] ?? (optional !== true && windowWidth >= spareBelow)]));
}

/** The column as its table's feature defines it. */
export function ownColumn<Row extends RowData>(column: TableColumn<Row>): Column<Row> {
  return column.columnDef.meta as Column<Row>;
}

/** The style of a resized column's cells and header; the others are as wide as their content needs. */
export function widthStyle<Row extends RowData>(column: TableColumn<Row>, sizing: ColumnSizingState): { width: number; minWidth: number; maxWidth: number } | undefined {
  if (!(column.id in sizing)) return undefined;
  const width = column.getSize();
  return { width, minWidth: width, maxWidth: width };
}

/** The class of a column's cells and header. */
export function cellClass<Row>({ numeric, main, clip }: Column<Row>): string {
  return [numeric === true && "num", main === true && "main", clip === true && "clip"].filter(Boolean).join(" ");
}
