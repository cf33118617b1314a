/** Fewer than these are no list to scroll in: where the window is low, the page scrolls too. */
const LEAST_ROWS = 8;

interface Place {
  /** Of the window, in pixels. */
  windowHeight: number;
  /** From the page's top to the table's head, in pixels. */
  top: number;
  /** What stays below the last row: the page's margin and a scroll bar, in pixels. */
  below: number;
  headHeight: number;
  rowHeight: number;
}

/** How many rows a table has between its head and the end of the window; a part of a row says that there are more. Pure. */
export function rowsThatFit({ windowHeight, top, below, headHeight, rowHeight }: Place): number {
  return Math.max(LEAST_ROWS, (windowHeight - top - below - headHeight) / rowHeight);
}
