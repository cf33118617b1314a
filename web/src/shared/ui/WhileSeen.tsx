import { memo, useRef, type ReactNode } from "react";
import { useTheme } from "./theme";
import { useInSight } from "./useInSight";

/** Lets what changes each second stand still while it is out of sight: a long page costs what is seen of it. It is new as soon as it is seen. */
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
