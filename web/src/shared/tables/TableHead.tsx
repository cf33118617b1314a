import type { KeyboardEvent, PointerEvent } from "react";
import { cellClass, nextSort, widthStyle, type Column, type Sort } from "./tableRows";

interface Props<Row> {
  columns: Column<Row>[];
  sort: Sort | null;
  onSort: (sort: Sort | null) => void;
  sortable?: (column: Column<Row>) => boolean;
  widths: ReadonlyMap<string, number>;
  /** null: as wide as the content needs again. */
  onResize: (column: string, px: number | null) => void;
  /** Row number of the header, if not all rows are in the page. */
  rowIndex: number | undefined;
}

/** Pixels per key press. */
const STEP_PX = 16;

export function TableHead<Row>({ columns, sort, onSort, sortable = () => true, widths, onResize, rowIndex }: Props<Row>) {
  /** Shift and an arrow key do the same as dragging. */
  const byKey = (column: string) => (event: KeyboardEvent<HTMLElement>) => {
    const by = event.key === "ArrowRight" ? STEP_PX : event.key === "ArrowLeft" ? -STEP_PX : 0;
    const head = event.currentTarget.closest("th");
    if (!event.shiftKey || by === 0 || head === null) return;
    event.preventDefault();
    onResize(column, (widths.get(column) ?? head.offsetWidth) + by);
  };
  return (
    <thead>
      <tr aria-rowindex={rowIndex}>
        {columns.map((column) => {
          const by = sort?.column === column.id ? sort : null;
          return (
            <th
              key={column.id}
              scope="col"
              className={cellClass(column)}
              style={widthStyle(widths.get(column.id))}
              aria-sort={by === null ? (sortable(column) ? "none" : undefined) : by.down ? "descending" : "ascending"}
            >
              {column.name === "" ? (
                <span className="visually-hidden">{column.title ?? "Actions"}</span>
              ) : !sortable(column) ? (
                column.name
              ) : (
                <button type="button" title={column.title ?? `Sort by ${column.name}`} onClick={() => onSort(nextSort(column, sort))} onKeyDown={byKey(column.id)}>
                  {column.name}
                  <i aria-hidden>{by === null ? "" : by.down ? "▾" : "▴"}</i>
                </button>
              )}
              {column.name !== "" && <Handle onResize={(px) => onResize(column.id, px)} />}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

/** The right edge of a column header: dragging it changes the column's width, a double click resets it. */
function Handle({ onResize }: { onResize: (px: number | null) => void }) {
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
  return <span className="column-handle no-print" aria-hidden onPointerDown={start} onDoubleClick={() => onResize(null)} />;
}
