import type { ColumnSizingState, RowData } from "@tanstack/react-table";
import { memo, type ReactNode } from "react";
import { MiddleCut } from "@/shared/ui/MiddleCut";
import { opensRow } from "./rowClick";
import { cellClass, ownColumn, widthStyle, type Column, type TableColumn } from "./tableRows";

interface Props<Row extends RowData> {
  row: Row;
  columns: TableColumn<Row>[];
  sizing: ColumnSizingState;
  className: string;
  /** Number of the row, if only the visible ones are in the page. */
  rowIndex: number | undefined;
  onOpen: ((row: Row) => void) | undefined;
}

/** A row of a table, rendered again only if it or its columns change: of many labels only some have a sample in a second. */
export const TableLine = memo(Line) as typeof Line;

function Line<Row extends RowData>({ row, columns, sizing, className, rowIndex, onOpen }: Props<Row>): ReactNode {
  return (
    <tr
      aria-rowindex={rowIndex}
      className={`${className} ${onOpen === undefined ? "" : "row-opens"}`}
      tabIndex={onOpen === undefined ? undefined : 0}
      onClick={(event) => {
        if (opensRow(event)) onOpen?.(row);
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && event.target === event.currentTarget) onOpen?.(row);
        if (event.key === "ArrowDown") move(event.currentTarget.nextElementSibling);
        if (event.key === "ArrowUp") move(event.currentTarget.previousElementSibling);
      }}
    >
      {columns.map((column) => {
        const own = ownColumn(column);
        return (
          <td key={column.id} className={cellClass(own)} style={widthStyle(column, sizing)} title={fullText(own, row)}>
            <Cell column={own} row={row} />
          </td>
        );
      })}
    </tr>
  );
}

/** A name that is too long is shortened in its middle; other contents are shortened by their column. */
function Cell<Row>({ column, row }: { column: Column<Row>; row: Row }): ReactNode {
  const content = column.cell(row);
  return typeof content === "string" && (column.clip === true || column.main === true) ? <MiddleCut text={content} /> : content;
}

function move(row: Element | null): void {
  if (row instanceof HTMLElement) row.focus();
}

/** The full content of a cell that may be shortened. */
function fullText<Row>(column: Column<Row>, row: Row): string | undefined {
  if (column.main !== true && column.clip !== true) return undefined;
  const value = column.value(row);
  return typeof value === "string" && value !== "" ? value.trim() : undefined;
}
