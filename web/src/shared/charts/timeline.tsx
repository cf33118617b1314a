import { createContext, useContext, useMemo, useState, type ReactNode } from "react";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import type { Moment } from "./drawMoments";
import { parseRange, writeRange } from "./timeRange";

/** What all charts of a page share: the zoomed range, the time format, the cursor, and the annotations. */
export interface Timeline {
  /** Zoomed range in epoch milliseconds; null shows everything. */
  range: [number, number] | null;
  zoom: (range: [number, number] | null) => void;
  /** The last seconds of a running test, instead of a range; null if there is nothing to follow. */
  last: { seconds: number | null; follow: (seconds: number | null) => void } | null;
  base: "clock" | "elapsed";
  setBase: (base: "clock" | "elapsed") => void;
  /** Where elapsed time starts. */
  originMs: number;
  /** The figures and tables cover the zoomed range too. */
  followed: boolean;
  /** Several runs share the axis, each from its own start: there is no time of day. */
  aligned: boolean;
  cursorKey: string;
  moments: Moment[];
  /** A time was picked on a chart (Shift and a click) for an annotation; null if not permitted. */
  pick: ((ms: number) => void) | null;
}

const Context = createContext<Timeline | null>(null);

let pages = 0;

interface Props {
  originMs: number;
  aligned?: boolean;
  followed?: boolean;
  /** The newest time of a running test: its last minutes can be followed. */
  endMs?: number | null;
  moments?: Moment[];
  pick?: ((ms: number) => void) | null;
  children: ReactNode;
}

const NO_MOMENTS: Moment[] = [];

/**
 * Zoom, followed minutes and time format are in the URL (`zoom=FROM-TO` in ms, `last=SECONDS`, `time=elapsed`), so that a link shows the same.
 */
export function TimelineProvider({ originMs, aligned = false, followed = false, endMs = null, moments = NO_MOMENTS, pick = null, children }: Props) {
  const [parameters, change] = useUrlParameters();
  const written = parameters.get("zoom");
  const zoomed = useMemo(() => parseRange(written), [written]);
  const seconds = endMs === null || zoomed !== null ? null : parseSeconds(parameters.get("last"));
  const range = useMemo<[number, number] | null>(() => (seconds === null || endMs === null ? zoomed : [endMs - seconds * 1000, endMs]), [zoomed, seconds, endMs]);
  const base = aligned || parameters.get("time") === "elapsed" ? "elapsed" : "clock";
  const [cursorKey] = useState(() => `timeline-${++pages}`);
  const canFollow = endMs !== null;
  const value = useMemo<Timeline>(
    () => ({
      range,
      zoom: (next) =>
        change((url) => {
          putParameter(url, "zoom", next === null ? null : writeRange(next));
          url.delete("last");
        }),
      last: canFollow
        ? {
            seconds,
            follow: (next) =>
              change((url) => {
                putParameter(url, "last", next === null ? null : String(next));
                url.delete("zoom");
              }),
          }
        : null,
      base,
      setBase: (next) => change((url) => putParameter(url, "time", next === "clock" ? null : next)),
      originMs,
      followed,
      aligned,
      cursorKey,
      moments,
      pick,
    }),
    [range, canFollow, seconds, base, originMs, followed, aligned, cursorKey, moments, pick, change],
  );
  return <Context value={value}>{children}</Context>;
}

/** Whole seconds, up to a day; null if the URL has anything else. */
function parseSeconds(text: string | null): number | null {
  const seconds = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return seconds >= 1 && seconds <= 86_400 ? seconds : null;
}

/** The charts show a part of the time, and the figures next to them all of it; false if there are no charts. */
export function useZoomedAlone(): boolean {
  const timeline = useContext(Context);
  return timeline !== null && timeline.range !== null && !timeline.followed;
}

export function useTimeline(): Timeline {
  const timeline = useContext(Context);
  if (timeline === null) throw new Error("A time chart needs a TimelineProvider around it.");
  return timeline;
}
