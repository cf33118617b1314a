import uPlot from "uplot";
import { formatClock, formatTime } from "@/shared/format/time";
import { isolatedRows, zeroBasedRange } from "./chartData";
import type { ChartContent, ChartLine, YScale } from "./chartTypes";
import type { ChartColours } from "./palette";

/** Everything uPlot needs that is not data. A change of any of it makes a new chart; data alone does not. */
export interface Look {
  colours: ChartColours;
  y: YScale;
  base: "clock" | "elapsed";
  cursorKey: string;
  hidden: ReadonlySet<string>;
  format: (value: number) => string;
  /** The values are counts: no tick between two whole numbers. */
  whole: boolean;
}

export interface Callbacks {
  xRange: () => [number, number];
  onCursor: (row: number | null) => void;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
  onDraw: (chart: uPlot) => void;
}

const ELAPSED_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];
const WHOLE_STEPS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].flatMap((step) => [step, 2 * step, 5 * step]);
export const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

export function chartOptions(content: ChartContent, look: Look, calls: Callbacks, width: number, height: number): uPlot.Options {
  const live = content.settledUntilMs !== null;
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 26, 0, 0],
    cursor: {
      x: true,
      y: false,
      points: { size: 6, width: 1.5 },
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
      y: yScale(content, look),
    },
    axes: [xAxis(look), yAxis(look)],
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
      draw: [calls.onDraw],
    },
  };
}

function yScale(content: ChartContent, look: Look): uPlot.Scale {
  if (look.y === "log") {
    // `distr: 3` is logarithmic; its name is a const enum that exists only for the type checker.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    return { distr: 3, log: 10, range: (_chart, min, max) => (min > 0 && max > 0 ? uPlot.rangeLog(min, max, 10, false) : [1, 10]) };
  }
  return {
    // uPlot gives null where no value is in sight.
    range: (_chart, _min: number | null, max: number | null) => {
      const near = content.thresholds.map((each) => each.value).filter((value) => value <= (max ?? 0) * 2.5);
      return zeroBasedRange(Math.max(max ?? 0, ...near));
    },
  };
}

function xAxis(look: Look): uPlot.Axis {
  const axis: uPlot.Axis = {
    stroke: look.colours.text,
    font: FONT,
    size: 26,
    gap: 4,
    space: 72,
    grid: { show: false },
    ticks: { stroke: look.colours.grid, size: 4, width: 1 },
    values:
      look.base === "elapsed"
        ? (_chart, splits) => splits.map((seconds) => formatClock(seconds))
        : (_chart, splits, _axis, _space, step) => splits.map((seconds) => clockLabel(seconds, step)),
  };
  if (look.base === "elapsed") axis.incrs = ELAPSED_STEPS;
  return axis;
}

function clockLabel(seconds: number, step: number): string {
  if (step >= 86_400) {
    const date = new Date(seconds * 1000);
    return `${date.getMonth() + 1}/${date.getDate()}`;
  }
  const text = formatTime(seconds * 1000);
  return step >= 60 ? text.slice(0, 5) : text;
}

function yAxis(look: Look): uPlot.Axis {
  return {
    ...(look.whole ? { incrs: WHOLE_STEPS } : {}),
    stroke: look.colours.text,
    font: FONT,
    size: 64,
    gap: 6,
    space: 34,
    grid: { stroke: look.colours.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
    // On a logarithmic axis uPlot leaves out labels by giving null.
    values: (_chart, splits: (number | null)[]) => splits.map((value) => (value === null ? "" : tickText(look.format(value)))),
  };
}

/** `50.0/s` is `50/s` on an axis. */
export function tickText(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, (_all, kept: string) => (kept === "." ? "" : kept));
}

/** One series, or two while a test runs: the settled part and, dashed and lighter, the part that still fills. */
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
      // A value between two gaps has no line to be on; it is drawn as a dot.
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

/** `#rrggbb` with an opacity. */
export function withAlpha(colour: string, alpha: number): string {
  if (alpha >= 1) return colour;
  return colour + Math.round(alpha * 255).toString(16).padStart(2, "0");
}
