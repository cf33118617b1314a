import { useState } from "react";
import { columnWidth, readChoices, writeChoices, type TableChoices } from "./tableChoices";

export interface ColumnChoices extends TableChoices {
  show: (column: string, shown: boolean) => void;
  /** null: as wide as its content needs. */
  resize: (column: string, px: number | null) => void;
  reset: () => void;
}

/** The columns of a table as the user set them in this browser. */
export function useTableChoices(table: string): ColumnChoices {
  const [choices, setChoices] = useState(() => readChoices(table));
  const change = (apply: (before: TableChoices) => TableChoices) =>
    setChoices((before) => {
      const after = apply(before);
      writeChoices(table, after);
      return after;
    });
  return {
    ...choices,
    show: (column, shown) => change((before) => ({ ...before, shown: new Map(before.shown).set(column, shown) })),
    resize: (column, px) =>
      change((before) => {
        const widths = new Map(before.widths);
        if (px === null) widths.delete(column);
        else widths.set(column, columnWidth(px));
        return { ...before, widths };
      }),
    reset: () => change(() => ({ shown: new Map(), widths: new Map() })),
  };
}
