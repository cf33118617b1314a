import uPlot from "uplot";
import { formatClock, formatDate, formatTime, sameDay } from "@/shared/format/time";
import { timeZone } from "@/shared/format/zone";
import { isolatedRows, zeroBasedRange } from "./chartData";
import { CURSOR, FRAME, WHOLE_STEPS, withAlpha, xAxis, yAxis, yScale } from "./chartFrame";
import type { ChartContent, ChartLine, Steps, Threshold, YScale } from "./chartTypes";
import type { ChartColours } from "./palette";

/** All of uPlot's options except the data. */
export interface Look {
  colours: ChartColours;
  y: YScale;
  base: "clock" | "elapsed";
  cursorKey: string;
  hidden: ReadonlySet<string>;
  format: (value: number) => string;
  /** Ticks of the value axis. */
  steps: Steps;
}

/**
 * What a chart reads whenever it draws. uPlot keeps its options for its lifetime, so they must not hold values of the time when it was
 * created: everything that can change without creating a new chart is read from here.
 */
export interface Callbacks {
  thresholds: () => Threshold[];
  format: (value: number) => string;
  /** Start of the test, epoch milliseconds. */
  originMs: () => number;
  xRange: () => [number, number];
  onCursor: (row: number | null) => void;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
  /** Called before the series are drawn. */
  onAxes: (chart: uPlot) => void;
  onDraw: (chart: uPlot) => void;
}

const ELAPSED_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
/** Powers of two: a multiple of 500 bytes is not a round number of KB. */
const BYTE_STEPS = Array.from({ length: 41 }, (_, power) => 2 ** power);
const STEPS: Record<Steps, Partial<uPlot.Axis>> = { any: {}, whole: { incrs: WHOLE_STEPS }, bytes: { incrs: BYTE_STEPS } };

export function chartOptions(content: ChartContent, look: Look, calls: Callbacks, width: number, height: number): uPlot.Options {
  const live = content.settledUntilMs !== null;
  return {
    width,
    height,
    ...FRAME,
    // Ticks are at whole hours of the zone of their labels.
    tzDate: (seconds) => {
      const date = new Date(seconds * 1000);
      const zone = timeZone();
      return zone === null ? date : uPlot.tzDate(date, zone);
    },
    cursor: {
      ...CURSOR,
      drag: { x: true, y: false, setScale: false },
      sync: { key: look.cursorKey, setSeries: false },
      bind: {
        dblclick: () => () => {
          calls.onReset();
          return null;
        },
      },
    },
    scales: {
      x: { time: look.base === "clock", range: () => calls.xRange() },
      y: yScale(look.y, (max) => {
        const near = calls
          .thresholds()
          .map((each) => each.value)
          .filter((value) => value <= (max ?? 0) * 2.5);
        return zeroBasedRange(Math.max(max ?? 0, ...near));
      }),
    },
    axes: [timeAxis(look, calls.originMs), { ...yAxis(look.colours, calls.format), ...STEPS[look.steps] }],
    series: [{}, ...content.lines.flatMap((line) => seriesOf(line, look, live))],
    hooks: {
      setCursor: [(chart) => calls.onCursor(chart.cursor.idx ?? null)],
      setSelect: [
        (chart) => {
          if (chart.select.width < 4) return;
          const from = chart.posToVal(chart.select.left, "x");
          const to = chart.posToVal(chart.select.left + chart.select.width, "x");
          chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          calls.onZoom(from, to);
        },
      ],
      drawAxes: [calls.onAxes],
      draw: [calls.onDraw],
    },
  };
}

function timeAxis(look: Look, originMs: () => number): uPlot.Axis {
  return {
    // A narrow chart has no space for a margin around each time.
    ...xAxis(look.colours, (_chart, _axis, _min, _max, width) => (width < 320 ? 52 : 72)),
    ...(look.base === "elapsed" ? { incrs: ELAPSED_STEPS } : {}),
    values: look.base === "elapsed" ? (_chart, splits) => splits.map((seconds) => formatClock(seconds)) : (_chart, splits, _axis, _space, step) => clockLabels(splits, step, originMs()),
  };
}

/** The time of each tick in seconds since the epoch; the first one on another day than the test's start shows its date. */
export function clockLabels(splits: number[], step: number, originMs: number): string[] {
  return splits.map((seconds, index) => {
    const ms = seconds * 1000;
    const date = formatDate(ms).slice(5);
    if (step >= 86_400) return date;
    const time = formatTime(ms).slice(0, step >= 60 ? 5 : 8);
    const before = splits[index - 1];
    return sameDay(ms, before === undefined ? originMs : before * 1000) ? time : `${date} ${time.slice(0, 5)}`;
  });
}

/** One series, or two while a test runs: the settled part and, dashed and lighter, the incomplete part. */
function seriesOf(line: ChartLine, look: Look, live: boolean): uPlot.Series[] {
  const settled = oneSeries(line, look, 1);
  return live ? [settled, { ...oneSeries(line, look, 0.55), dash: line.kind === "bars" ? [] : [3, 3] }] : [settled];
}

function oneSeries(line: ChartLine, look: Look, strength: number): uPlot.Series {
  const series: uPlot.Series = {
    label: line.label,
    show: !look.hidden.has(line.key),
    stroke: withAlpha(line.colour, strength),
    width: line.width ?? 1.6,
    spanGaps: false,
    points: {
      show: line.kind !== "bars",
      size: 4,
      fill: withAlpha(line.colour, strength),
      width: 0,
      // A value between two gaps is on no line; it is drawn as a dot.
      filter: (chart, index) => isolatedRows(chart.data[index] ?? []),
    },
  };
  if (line.kind === "bars") {
    series.width = 0;
    series.fill = withAlpha(line.colour, strength * 0.9);
    if (uPlot.paths.bars !== undefined) series.paths = uPlot.paths.bars({ size: [0.86, 40], align: 1 });
  } else if (line.kind === "step" && uPlot.paths.stepped !== undefined) {
    series.paths = uPlot.paths.stepped({ align: 1 });
  }
  if (line.kind !== "bars" && line.fill !== undefined) series.fill = withAlpha(line.colour, line.fill * strength);
  return series;
}
