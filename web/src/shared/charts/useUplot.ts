import { useEffect, useRef, type RefObject } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { pick, splitFilling, timeColumns, type Columns } from "./chartData";
import type { ChartContent } from "./chartTypes";
import { drawMoments } from "./drawMoments";
import { drawThresholds } from "./drawThresholds";
import { NEAR } from "@/shared/ui/useInSight";
import type { Timeline } from "./timeline";
import { chartOptions, type Look } from "./uplotOptions";

interface Props {
  host: RefObject<HTMLDivElement | null>;
  content: ChartContent;
  look: Look;
  timeline: Timeline;
  /** null: the width of the host element, also when it changes. */
  size: { width: number | null; height: number };
  /** End of the newest sample that the content holds; written to `data-last-sample-ms` once it is painted. */
  lastSampleMs: number | null;
  onCursor: (pointIndex: number | null) => void;
}

/** Keeps one uPlot instance in `host`: creates a new one when its lines or its look change, otherwise sets new data, once it is in view. */
export function useUplot(props: Props): RefObject<uPlot | null> {
  const { host, content, look, timeline, size } = props;
  const chart = useRef<uPlot | null>(null);
  const columns = useRef<Columns>({ x: [], source: [], fillingFrom: 0 });
  const latest = useRef(props);
  const sight = useRef({ isIn: true, hasNews: false });
  useEffect(() => {
    latest.current = props;
  });

  const structure = JSON.stringify([
    content.lines.map(({ key, colour, kind, width, fill }) => [key, colour, kind, width, fill, look.hidden.has(key)]),
    content.settledUntilMs !== null,
    look.colours.text,
    look.y,
    look.base,
    look.steps,
    size,
  ]);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const now = latest.current;
    const toX = (ms: number) => (ms - originOf(latest.current)) / 1000;
    const toMs = (x: number) => x * 1000 + originOf(latest.current);
    const options = chartOptions(
      now.content,
      now.look,
      {
        originMs: () => latest.current.timeline.originMs,
        thresholds: () => latest.current.content.thresholds,
        format: (value) => latest.current.look.format(value),
        xRange: () => {
          const { range } = latest.current.timeline;
          if (range !== null) return [toX(range[0]), toX(range[1])];
          const { times, bucketMs } = latest.current.content;
          const first = times[0];
          if (first === undefined) return [0, 60];
          return [toX(first), toX(Math.max((times.at(-1) ?? first) + bucketMs, first + 10_000))];
        },
        onCursor: (row) => latest.current.onCursor(row === null ? null : (columns.current.source[row] ?? null)),
        onZoom: (from, to) => latest.current.timeline.zoom([toMs(from), toMs(to)]),
        onReset: () => latest.current.timeline.zoom(null),
        onAxes: (drawn) => drawThresholds(drawn, latest.current.content.thresholds, latest.current.look.colours),
        onDraw: (drawn) => {
          drawMoments(drawn, latest.current.timeline.moments, toX, latest.current.look.colours);
          const { lastSampleMs } = latest.current;
          if (lastSampleMs !== null) element.dataset["lastSampleMs"] = String(lastSampleMs);
          element.dataset["points"] = String(latest.current.content.times.length);
        },
      },
      widthOf(element, size.width),
      size.height,
    );
    const made = new uPlot(options, dataOf(now, columns), element);
    chart.current = made;
    made.over.addEventListener("click", (event) => {
      if (event.shiftKey) latest.current.timeline.pick?.(toMs(made.posToVal(event.offsetX, "x")));
    });
    const observer = new ResizeObserver(() => {
      const width = widthOf(element, size.width);
      if (width !== made.width) made.setSize({ width, height: size.height });
    });
    observer.observe(element);
    const seen = new IntersectionObserver((entries) => {
      const isIn = entries.at(-1)?.isIntersecting ?? true;
      const draws = isIn && sight.current.hasNews;
      sight.current = { isIn, hasNews: sight.current.hasNews && !draws };
      if (draws) made.setData(dataOf(latest.current, columns));
    }, NEAR);
    seen.observe(element);
    return () => {
      seen.disconnect();
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
    // `structure` stands for everything in content and look that a chart is built from; it reads the rest from `latest`.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [structure, host]);

  useEffect(() => {
    if (sight.current.isIn) chart.current?.setData(dataOf(latest.current, columns));
    else sight.current.hasNews = true;
  }, [content, look.format, timeline.range, timeline.originMs, timeline.moments]);

  return chart;
}

function widthOf(element: HTMLElement, fixed: number | null): number {
  return fixed ?? Math.max(element.clientWidth, 120);
}

function originOf(props: Props): number {
  return props.look.base === "elapsed" ? props.timeline.originMs : 0;
}

function dataOf(props: Props, columns: RefObject<Columns>): uPlot.AlignedData {
  const { content, look } = props;
  const made = timeColumns(content.times, content.bucketMs, content.settledUntilMs);
  columns.current = made;
  const origin = originOf(props) / 1000;
  const lines = content.lines.flatMap((line) => {
    const values = pick(line.values, made).map((value) => (look.y === "log" && value !== null && value <= 0 ? null : value));
    return content.settledUntilMs === null ? [values] : splitFilling(values, made.fillingFrom, line.kind === "bars" ? "apart" : "share");
  });
  return [made.x.map((x) => x - origin), ...lines];
}
