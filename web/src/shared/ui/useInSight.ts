import { useEffect, useState, type RefObject } from "react";

/** Nearer than this counts as in sight, so that nobody who scrolls sees anything old. */
export const NEAR = { rootMargin: "250px 0px" };

/** Is the element in the window, or near it? Yes until the browser says no. */
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
