import { useEffect, useRef, type RefObject } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { XyContent } from "./chartTypes";
import { drawThresholds } from "./drawThresholds";
import { xyOptions, type XyLook } from "./xyOptions";

interface Props {
  host: RefObject<HTMLDivElement | null>;
  content: XyContent;
  look: XyLook;
  /** null: the width of the host element, also when it changes. */
  size: { width: number | null; height: number };
  onCursor: (row: number | null) => void;
  /** null: a click does nothing. */
  onPick: ((row: number) => void) | null;
}

/** A uPlot instance in `host`, created again when anything changes, which is rare: these charts are static. */
export function useXyPlot(props: Props): RefObject<uPlot | null> {
  const { host, content, look, size } = props;
  const chart = useRef<uPlot | null>(null);
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  const structure = JSON.stringify([look.colours.text, look.y, [...look.hidden], size]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const { look: now } = latest.current;
    const widthOf = () => size.width ?? Math.max(element.clientWidth, 120);
    const lines = content.lines.map((line) => line.values.map((value) => (now.y === "log" && value !== null && value <= 0 ? null : value)));
    const calls = {
      format: (value: number) => latest.current.look.format(value),
      formatX: (value: number) => latest.current.look.formatX(value),
      onCursor: (row: number | null) => latest.current.onCursor(row),
      onDraw: (drawn: uPlot) => drawThresholds(drawn, content.thresholds ?? [], latest.current.look.colours),
      onPick: latest.current.onPick === null ? null : (row: number) => latest.current.onPick?.(row),
    };
    const options = xyOptions(content, now, calls, widthOf(), size.height);
    const made = new uPlot(options, [content.x, ...lines], element);
    chart.current = made;
    made.root.parentElement?.setAttribute("data-points", String(content.x.length));
    const observer = new ResizeObserver(() => {
      if (widthOf() !== made.width) made.setSize({ width: widthOf(), height: size.height });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
    // `structure` stands for everything of look and size that a chart is built from.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [structure, content, host]);

  useEffect(() => {
    chart.current?.redraw(false, true);
  }, [look.format, look.formatX]);

  return chart;
}
