import type { RowData } from "@tanstack/react-table";
import type { KeyboardEvent, PointerEvent } from "react";
import { cellClass, ownColumn, widthStyle, type TableModel } from "./tableRows";

interface Props<Row extends RowData> {
  table: TableModel<Row>;
  /** Row number of the header, if not all rows are in the page. */
  rowIndex: number | undefined;
}

/** Pixels per key press. */
const STEP_PX = 16;
const SORTED = { asc: { aria: "ascending", arrow: "▴" }, desc: { aria: "descending", arrow: "▾" } } as const;

export function TableHead<Row extends RowData>({ table, rowIndex }: Props<Row>) {
  const { columnSizing } = table.state;
  return (
    <thead>
      <tr aria-rowindex={rowIndex}>
        {table.getVisibleLeafColumns().map((column) => {
          const { name, title } = ownColumn(column);
          const direction = column.getIsSorted();
          const sorted = direction === false ? null : SORTED[direction];
          const resize = (px: number) => table.setColumnSizing((sizes) => ({ ...sizes, [column.id]: Math.round(px) }));
          /** Shift and an arrow key do the same as dragging. */
          const byKey = (event: KeyboardEvent<HTMLElement>) => {
            const by = event.key === "ArrowRight" ? STEP_PX : event.key === "ArrowLeft" ? -STEP_PX : 0;
            const head = event.currentTarget.closest("th");
            if (!event.shiftKey || by === 0 || head === null) return;
            event.preventDefault();
            resize((widthStyle(column, columnSizing)?.width ?? head.offsetWidth) + by);
          };
          return (
            <th key={column.id} scope="col" className={cellClass(ownColumn(column))} style={widthStyle(column, columnSizing)} aria-sort={sorted?.aria ?? (column.getCanSort() ? "none" : undefined)}>
              {name === "" ? (
                <span className="visually-hidden">{title ?? "Actions"}</span>
              ) : !column.getCanSort() ? (
                name
              ) : (
                <button type="button" title={title ?? `Sort by ${name}`} onClick={() => column.toggleSorting()} onKeyDown={byKey}>
                  {name}
                  <i aria-hidden>{sorted?.arrow}</i>
                </button>
              )}
              {name !== "" && <Handle onResize={resize} onReset={() => column.resetSize()} />}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** The right edge of a column header: dragging it changes the column's width, a double click resets it. */
function Handle({ onResize, onReset }: { onResize: (px: number) => void; onReset: () => void }) {
  const start = (event: PointerEvent<HTMLElement>) => {
    const handle = event.currentTarget;
    const head = handle.closest("th");
    if (head === null || event.button !== 0) return;
    event.preventDefault();
    handle.setPointerCapture(event.pointerId);
    const offset = head.offsetWidth - event.clientX;
    const move = ({ clientX }: globalThis.PointerEvent) => onResize(offset + clientX);
    const stop = new AbortController();
    handle.addEventListener("pointermove", move, { signal: stop.signal });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => stop.abort(), { signal: stop.signal });
  };
  return <span className="column-handle no-print" aria-hidden onPointerDown={start} onDoubleClick={onReset} />;
}
