import { useEffect, useState, type RefObject } from "react";

/** Elements closer than this count as visible, so that nothing outdated is seen while scrolling. */
export const NEAR = { rootMargin: "250px 0px" };

/** Whether the element is in the window, or near it. Yes until the browser says no. */
export function useInSight(place: RefObject<Element | null>): boolean {
  const [inSight, setInSight] = useState(true);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const observer = new IntersectionObserver((entries) => setInSight(entries.at(-1)?.isIntersecting ?? true), NEAR);
    observer.observe(element);
    return () => observer.disconnect();
  }, [place]);
  return inSight;
}
