import type uPlot from "uplot";
import { zeroBasedRange } from "./chartData";
import { CURSOR, FRAME, tickText, WHOLE_STEPS, withAlpha, xAxis, yAxis, yScale } from "./chartFrame";
import type { ChartLine, XyContent, YScale } from "./chartTypes";
import type { ChartColours } from "./palette";

/** Everything that such a chart is built from except its data. */
export interface XyLook {
  colours: ChartColours;
  y: YScale;
  hidden: ReadonlySet<string>;
  format: (value: number) => string;
  formatX: (value: number) => string;
}

/** What the chart reads when it draws, as in `uplotOptions`. */
export interface XyCallbacks {
  format: (value: number) => string;
  formatX: (value: number) => string;
  onCursor: (row: number | null) => void;
  onDraw: (chart: uPlot) => void;
  /** null: a click on the chart does nothing. */
  onPick: ((row: number) => void) | null;
}

export function xyOptions(content: XyContent, look: XyLook, calls: XyCallbacks, width: number, height: number): uPlot.Options {
  const { ticks } = content;
  return {
    width,
    height,
    ...FRAME,
    cursor: { ...CURSOR, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: (_chart, min, max) => content.range ?? xRange(min, max) },
      y: yScale(look.y, (max) => zeroBasedRange(Math.max(max ?? 0, ...(content.thresholds ?? []).map(({ value }) => value)))),
    },
    axes: [
      {
        ...xAxis(look.colours, content.wide === true ? 76 : 56),
        ...(content.wide === true || content.whole === true ? { incrs: WHOLE_STEPS } : {}),
        ...(ticks === null
          ? { values: (_chart: uPlot, splits: number[]) => splits.map((value) => tickText(calls.formatX(value))) }
          : { splits: ticks.map((tick) => tick.at), filter: (_chart: uPlot, splits: number[]) => splits, values: ticks.map((tick) => tick.text) }),
      },
      yAxis(look.colours, calls.format),
    ],
    series: [{}, ...content.lines.map((line) => seriesOf(line, look))],
    hooks: {
      setCursor: [(chart) => calls.onCursor(chart.cursor.idx ?? null)],
      drawAxes: [calls.onDraw],
      ready: [(chart) => pickable(chart, calls.onPick)],
    },
  };
}

function pickable(chart: uPlot, onPick: XyCallbacks["onPick"]): void {
  if (onPick === null) return;
  chart.over.style.cursor = "pointer";
  chart.over.addEventListener("click", () => {
    if (chart.cursor.idx != null) onPick(chart.cursor.idx);
  });
}

function xRange(min: number, max: number): [number, number] {
  if (!(max > min)) return [Math.min(0, min), Math.max(1, max * 1.2)];
  const air = (max - min) * 0.03;
  return [min - air > 0 ? min - air : 0, max + air];
}

function seriesOf(line: ChartLine, look: XyLook): uPlot.Series {
  const series: uPlot.Series = {
    label: line.label,
    show: !look.hidden.has(line.key),
    stroke: line.colour,
    width: line.width ?? 1.6,
    // The positions on the x axis are those of all lines together, so a line continues across positions without a value.
    spanGaps: true,
    points: line.dotted === true ? { show: true, size: 6, width: 0, fill: line.colour } : { show: false },
  };
  if (line.kind === "dots") {
    series.paths = () => null;
    series.points =
      line.dotted === true ? { show: true, size: 11, width: 2, stroke: line.colour, fill: withAlpha(line.colour, 0.25) } : { show: true, size: 5, width: 0, fill: withAlpha(line.colour, 0.55) };
  }
  return series;
}
