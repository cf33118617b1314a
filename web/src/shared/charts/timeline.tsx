import { createContext, useContext, useMemo, useState, type ReactNode } from "react";

/** What all charts of a page share: the zoomed range, how time is written, and one cursor. */
export interface Timeline {
  /** Zoomed range in epoch milliseconds; null shows everything. */
  range: [number, number] | null;
  zoom: (range: [number, number] | null) => void;
  base: "clock" | "elapsed";
  setBase: (base: "clock" | "elapsed") => void;
  /** Where elapsed time starts. */
  originMs: number;
  cursorKey: string;
}

const Context = createContext<Timeline | null>(null);

let pages = 0;

export function TimelineProvider({ originMs, children }: { originMs: number; children: ReactNode }) {
  const [range, zoom] = useState<[number, number] | null>(null);
  const [base, setBase] = useState<"clock" | "elapsed">("clock");
  const [cursorKey] = useState(() => `timeline-${++pages}`);
  const value = useMemo(() => ({ range, zoom, base, setBase, originMs, cursorKey }), [range, base, originMs, cursorKey]);
  return <Context value={value}>{children}</Context>;
}

export function useTimeline(): Timeline {
  const timeline = useContext(Context);
  if (timeline === null) throw new Error("A time chart needs a TimelineProvider around it.");
  return timeline;
}
