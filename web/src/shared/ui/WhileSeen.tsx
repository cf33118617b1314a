import { memo, useRef, type ReactNode } from "react";
import { useTheme } from "./theme";
import { useInSight } from "./useInSight";

/** Does not update its content while it is out of view, so that a long live page only costs its visible part. It is updated as soon as it becomes visible. */
export function WhileSeen({ children }: { children: ReactNode }) {
  const { printing } = useTheme();
  const place = useRef<HTMLDivElement>(null);
  const inSight = useInSight(place);
  return (
    <div ref={place} className="while-seen">
      <Kept fresh={inSight || printing}>{children}</Kept>
    </div>
  );
}

interface KeptProps {
  fresh: boolean;
  children: ReactNode;
}

const Kept = memo(
  function Kept({ children }: KeptProps) {
    return children;
  },
  (_before, after) => !after.fresh,
);
