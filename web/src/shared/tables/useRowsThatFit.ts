import { useEffect, useState, type RefObject } from "react";
import { rowsThatFit } from "./rowsThatFit";

/** Below the card: the page's margin (`.content:has(> .table-fills)`), the card's border, a scroll bar. */
const BELOW_PX = 34;

/** How many rows fit between this table's header and the end of the window; null before it was measured, and if it is not needed. */
export function useRowsThatFit(scroller: RefObject<HTMLElement | null>, heights: { headHeight: number; rowHeight: number } | null): number | null {
  const [rows, setRows] = useState<number | null>(null);
  const { headHeight, rowHeight } = heights ?? { headHeight: 0, rowHeight: 0 };
  // After each rendering: content above the table may appear and disappear. The observer's first report measures.
  useEffect(() => {
    const element = scroller.current;
    const page = element?.closest("main");
    if (element === null || page == null || rowHeight === 0) return;
    const measure = () => {
      const top = element.getBoundingClientRect().top + window.scrollY;
      setRows(rowsThatFit({ windowHeight: window.innerHeight, top, below: BELOW_PX, headHeight, rowHeight }));
    };
    const observer = new ResizeObserver(measure);
    for (const part of page.children) observer.observe(part);
    window.addEventListener("resize", measure);
    return () => {
      observer.disconnect();
      window.removeEventListener("resize", measure);
    };
  });
  return rows;
}
