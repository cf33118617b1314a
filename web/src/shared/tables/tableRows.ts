/** What a table does to its rows before they are drawn: filter by words, sort by one column. Pure. */
export type SortValue = string | number | null;

export interface Column<Row> {
  id: string;
  /** Head of the column, with the unit where the cells have none. */
  name: string;
  title?: string;
  cell: (row: Row) => React.ReactNode;
  /** What it sorts by and what CSV holds. */
  value: (row: Row) => SortValue;
  numeric?: boolean;
  /** Shown only when chosen. */
  optional?: boolean;
  /** Cannot be hidden; takes the width that is left. */
  main?: boolean;
  /** A name or the like, which may be of any length: cut, so that the figures stay in sight; whole in its title. */
  clip?: boolean;
  /** Left out in windows narrower than this, in pixels, until it is chosen. */
  spareBelow?: number;
}

export interface Sort {
  column: string;
  down: boolean;
}

/** The columns that are shown: as was chosen, otherwise those that are not optional and not spare in a window of this width. */
export function shownColumns<Row>(columns: Column<Row>[], chosen: ReadonlyMap<string, boolean>, windowWidth: number): Column<Row>[] {
  return columns.filter((column) => chosen.get(column.id) ?? (column.optional !== true && windowWidth >= (column.spareBelow ?? 0)));
}

/** Rows that hold every word of the filter in one of their text columns, whatever the case. */
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

/** Sorted by a column, in order of appearance among equals; rows without a value are last both ways. */
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

/** The sort after a click on a head: numbers start with the biggest, words with A; a third click gives the first order back. */
export function nextSort<Row>(column: Column<Row>, sort: Sort | null): Sort | null {
  const first = column.numeric === true;
  if (sort?.column !== column.id) return { column: column.id, down: first };
  return sort.down === first ? { column: column.id, down: !first } : null;
}

/** The style of the cells and the head of a column that was resized. */
export function widthStyle(px: number | undefined): { width: number; minWidth: number; maxWidth: number } | undefined {
  return px === undefined ? undefined : { width: px, minWidth: px, maxWidth: px };
}

/** The class of a column's cells and head. */
export function cellClass<Row>({ numeric, main, clip }: Column<Row>): string {
  return [numeric === true && "num", main === true && "main", clip === true && "clip"].filter(Boolean).join(" ");
}
