import { useLayoutEffect, type RefObject } from "react";

/** Sets `data-more` on a scrolling element while part of its content is beyond its right edge. `drawn` changes when its content is another element. */
export function useMoreAtRight(scroller: RefObject<HTMLElement | null>, drawn: string): void {
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const look = () => void box.toggleAttribute("data-more", box.scrollWidth - box.clientWidth - box.scrollLeft > 1);
    look();
    box.addEventListener("scroll", look, { passive: true });
    const observer = new ResizeObserver(look);
    observer.observe(box);
    if (box.firstElementChild !== null) observer.observe(box.firstElementChild);
    return () => {
      box.removeEventListener("scroll", look);
      observer.disconnect();
    };
  }, [scroller, drawn]);
}
