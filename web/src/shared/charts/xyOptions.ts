import uPlot from "uplot";
import { zeroBasedRange } from "./chartData";
import type { ChartLine, XyContent, YScale } from "./chartTypes";
import type { ChartColours } from "./palette";
import { FONT, tickText, withAlpha } from "./uplotOptions";

/** Everything that such a chart is built from besides its data. */
export interface XyLook {
  colours: ChartColours;
  y: YScale;
  hidden: ReadonlySet<string>;
  format: (value: number) => string;
  formatX: (value: number) => string;
}

export function xyOptions(content: XyContent, look: XyLook, onCursor: (row: number | null) => void, width: number, height: number): uPlot.Options {
  const { ticks } = content;
  return {
    width,
    height,
    legend: { show: false },
    padding: [8, 26, 0, 0],
    cursor: { x: true, y: false, points: { size: 6, width: 1.5 }, drag: { x: false, y: false } },
    scales: { x: { time: false, range: (_chart, min, max) => content.range ?? xRange(min, max) }, y: yScale(look) },
    axes: [
      {
        stroke: look.colours.text,
        font: FONT,
        size: 26,
        gap: 4,
        space: 56,
        grid: { show: false },
        ticks: { stroke: look.colours.grid, size: 4, width: 1 },
        ...(ticks === null
          ? { values: (_chart: uPlot, splits: number[]) => splits.map((value) => tickText(look.formatX(value))) }
          : { splits: ticks.map((tick) => tick.at), filter: (_chart: uPlot, splits: number[]) => splits, values: ticks.map((tick) => tick.text) }),
      },
      {
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
      },
    ],
    series: [{}, ...content.lines.map((line) => seriesOf(line, look))],
    hooks: { setCursor: [(chart) => onCursor(chart.cursor.idx ?? null)] },
  };
}

function xRange(min: number, max: number): [number, number] {
  if (!(max > min)) return [Math.min(0, min), Math.max(1, max * 1.2)];
  const air = (max - min) * 0.03;
  return [min - air > 0 ? min - air : 0, max + air];
}

function yScale(look: XyLook): uPlot.Scale {
  if (look.y === "log") {
    // `distr: 3` is logarithmic; its name is a const enum that exists only for the type checker.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    return { distr: 3, log: 10, range: (_chart, min, max) => (min > 0 && max > 0 ? uPlot.rangeLog(min, max, 10, false) : [1, 10]) };
  }
  // uPlot gives null where no value is in sight.
  return { range: (_chart, _min: number | null, max: number | null) => zeroBasedRange(max) };
}

function seriesOf(line: ChartLine, look: XyLook): uPlot.Series {
  const series: uPlot.Series = {
    label: line.label,
    show: !look.hidden.has(line.key),
    stroke: line.colour,
    width: line.width ?? 1.6,
    // The places on the x axis are those of all lines together, so a line goes on over another one's.
    spanGaps: true,
    points: { show: false },
  };
  if (line.kind === "dots") {
    series.paths = () => null;
    series.points = { show: true, size: 5, width: 0, fill: withAlpha(line.colour, 0.55) };
  }
  return series;
}
