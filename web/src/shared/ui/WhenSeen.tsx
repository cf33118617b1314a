import { useEffect, useRef, useState, type ReactNode } from "react";
import { useTheme } from "./theme";

/** Renders its children when they come near the visible area (and for print at once), so that a long page opens as fast as a short one. */
export function WhenSeen({ height, children }: { height: number; children: () => ReactNode }) {
  const { printing } = useTheme();
  const [seen, setSeen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (seen || element === null) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
      },
      { rootMargin: "500px 0px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [seen]);
  if (seen || printing) return <>{children()}</>;
  return <div ref={place} className="when-seen" style={{ minHeight: height }} />;
}
