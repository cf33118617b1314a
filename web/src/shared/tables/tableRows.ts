/** Filters rows by words and sorts them by one column before they are rendered. Pure. */
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
  /** Hidden by default in windows narrower than this, in pixels. */
  spareBelow?: number;
}

export interface Sort {
  column: string;
  down: boolean;
}

/** The visible columns: as the user chose, otherwise those that are not optional and fit a window of this width. */
export function shownColumns<Row>(columns: Column<Row>[], chosen: ReadonlyMap<string, boolean>, windowWidth: number): Column<Row>[] {
  return columns.filter((column) => chosen.get(column.id) ?? (column.optional !== true && windowWidth >= (column.spareBelow ?? 0)));
}

/** Rows that contain every word of the filter in one of their text columns, ignoring case. */
export function filterRows<Row>(rows: Row[], columns: Column<Row>[], filter: string): Row[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return rows;
  return rows.filter((row) => {
    const text = columns
      .map((column) => column.value(row))
      .filter((value) => typeof value === "string")
      .join("\n")
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const WORDS = new Intl.Collator("en", { numeric: true });

/** Sorted by a column, stable; rows without a value are last in both directions. */
export function sortRows<Row>(rows: Row[], columns: Column<Row>[], sort: Sort | null): Row[] {
  const column = sort === null ? undefined : columns.find((each) => each.id === sort.column);
  if (column === undefined || sort === null) return rows;
  return [...rows].sort((left, right) => {
    const a = column.value(left);
    const b = column.value(right);
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
    const order = typeof a === "number" && typeof b === "number" ? a - b : WORDS.compare(String(a), String(b));
    return sort.down ? -order : order;
  });
}

/** The sorting after a click on a header: numbers start with the largest, texts with A; a third click restores the original order. */
export function nextSort<Row>(column: Column<Row>, sort: Sort | null): Sort | null {
  const first = column.numeric === true;
  if (sort?.column !== column.id) return { column: column.id, down: first };
  return sort.down === first ? { column: column.id, down: !first } : null;
}

/** The style of a resized column's cells and header. */
export function widthStyle(px: number | undefined): { width: number; minWidth: number; maxWidth: number } | undefined {
  return px === undefined ? undefined : { width: px, minWidth: px, maxWidth: px };
}

/** The class of a column's cells and header. */
export function cellClass<Row>({ numeric, main, clip }: Column<Row>): string {
  return [numeric === true && "num", main === true && "main", clip === true && "clip"].filter(Boolean).join(" ");
}
