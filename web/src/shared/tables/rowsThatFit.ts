/** Minimum number of rows of a scrolling list: in a small window the page scrolls too. */
const LEAST_ROWS = 8;

interface Place {
  /** Of the window, in pixels. */
  windowHeight: number;
  /** From the page's top to the table's header, in pixels. */
  top: number;
  /** Space below the last row: the page's margin and a scroll bar, in pixels. */
  below: number;
  headHeight: number;
  rowHeight: number;
}

/** How many rows fit between a table's header and the end of the window; a partly visible row shows that there are more. Pure. */
export function rowsThatFit({ windowHeight, top, below, headHeight, rowHeight }: Place): number {
  return Math.max(LEAST_ROWS, (windowHeight - top - below - headHeight) / rowHeight);
}
