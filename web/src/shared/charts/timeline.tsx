import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import { parseRange, writeRange } from "./timeRange";

/** What all charts of a page share: the zoomed range, how time is written, and one cursor. */
export interface Timeline {
  /** Zoomed range in epoch milliseconds; null shows everything. */
  range: [number, number] | null;
  zoom: (range: [number, number] | null) => void;
  base: "clock" | "elapsed";
  setBase: (base: "clock" | "elapsed") => void;
  /** Where elapsed time starts. */
  originMs: number;
  /** The figures and tables are of the zoomed range too. */
  followed: boolean;
  /** Several runs lie over one another, each from its own start: there is no clock. */
  aligned: boolean;
  cursorKey: string;
}

const Context = createContext<Timeline | null>(null);

let pages = 0;

/** Zoom and time base are in the URL (`zoom=FROM-TO` in ms, `time=elapsed`), so that a link shows the same minutes. */
export function TimelineProvider({ originMs, aligned = false, followed = false, children }: { originMs: number; aligned?: boolean; followed?: boolean; children: ReactNode }) {
  const [parameters, change] = useUrlParameters();
  const written = parameters.get("zoom");
  const range = useMemo(() => parseRange(written), [written]);
  const base = aligned || parameters.get("time") === "elapsed" ? "elapsed" : "clock";
  const [cursorKey] = useState(() => `timeline-${++pages}`);
  const value = useMemo<Timeline>(
    () => ({
      range,
      zoom: (next) => change((url) => putParameter(url, "zoom", next === null ? null : writeRange(next))),
      base,
      setBase: (next) => change((url) => putParameter(url, "time", next === "clock" ? null : next)),
      originMs,
      followed,
      aligned,
      cursorKey,
    }),
    [range, base, originMs, followed, aligned, cursorKey, change],
  );
  return <Context value={value}>{children}</Context>;
}

/** The charts show a part of the time, and the figures beside them all of it; false also where there are no charts. */
export function useZoomedAlone(): boolean {
  const timeline = useContext(Context);
  return timeline !== null && timeline.range !== null && !timeline.followed;
}

export function useTimeline(): Timeline {
  const timeline = useContext(Context);
  if (timeline === null) throw new Error("A time chart needs a TimelineProvider around it.");
  return timeline;
}
