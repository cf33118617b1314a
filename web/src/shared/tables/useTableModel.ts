import { functionalUpdate, useTable, type ColumnSort, type RowData } from "@tanstack/react-table";
import { useMemo, useState } from "react";
import { isChosen, NO_CHOICES, readChoices, writeChoices, type TableChoices } from "./tableChoices";
import { columnDefs, columnVisibility, everyWord, FEATURES, type Column, type TableModel } from "./tableRows";

export interface ModelProps<Row> {
  /** Name of the table; also identifies it for tests. */
  name: string;
  columns: Column<Row>[];
  rows: Row[];
  rowKey: (row: Row) => string;
  /** Words that rows must contain; absent: the server has filtered and sorted the rows. */
  filter?: string | undefined;
  sort: ColumnSort | null;
  onSort: (sort: ColumnSort | null) => void;
  /** Columns that rows can be sorted by, by ID; by default all that have a name. */
  sortable?: Readonly<Record<string, unknown>>;
}

interface Model<Row extends RowData> {
  table: TableModel<Row>;
  /** Shows all columns as by default; null: nothing was changed. */
  reset: (() => void) | null;
}

/** The rows and columns of a table, in a window of this width in pixels; this browser remembers what the user chose for its columns. */
export function useTableModel<Row extends RowData>({ name, columns, rows, rowKey, filter, sort, onSort, sortable }: ModelProps<Row>, windowWidth: number): Model<Row> {
  const [choices, setChoices] = useState(() => readChoices(name));
  const change = (apply: (before: TableChoices) => TableChoices) =>
    setChoices((before) => {
      const after = apply(before);
      writeChoices(name, after);
      return after;
    });
  const defs = useMemo(() => columnDefs(columns, sortable), [columns, sortable]);
  // A row of the library remembers its values, so that other columns need new rows.
  const data = useMemo(() => ({ rows: [...rows], defs }).rows, [rows, defs]);
  const sorting = useMemo(() => (sort === null ? [] : [sort]), [sort]);
  const visibility = useMemo(() => columnVisibility(columns, choices.shown, windowWidth), [columns, choices.shown, windowWidth]);
  const table = useTable({
    features: FEATURES,
    columns: defs,
    data,
    getRowId: rowKey,
    manualFiltering: filter === undefined,
    manualSorting: filter === undefined,
    globalFilterFn: everyWord(columns),
    state: { sorting, globalFilter: filter, columnVisibility: visibility, columnSizing: choices.widths },
    onSortingChange: (update) => onSort(functionalUpdate(update, sorting)[0] ?? null),
    // Only what the user chose is remembered, without the defaults.
    onColumnVisibilityChange: (update) => change((before) => ({ ...before, shown: functionalUpdate(update, before.shown) })),
    onColumnSizingChange: (update) => change((before) => ({ ...before, widths: functionalUpdate(update, before.widths) })),
  });
  return { table, reset: isChosen(choices) ? () => change(() => NO_CHOICES) : null };
}
