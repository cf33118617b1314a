/** What all charts share: their frame, axes and scales. */
import uPlot from "uplot";
import type { YScale } from "./chartTypes";
import type { ChartColours } from "./palette";

const FONT = "11px system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

export const FRAME = {
  legend: { show: false },
  padding: [8, 26, 0, 0],
} satisfies Partial<uPlot.Options>;

/** Ticks of counts: only at whole numbers. */
export const WHOLE_STEPS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].flatMap((step) => [step, 2 * step, 5 * step]);

export const CURSOR = { x: true, y: false, points: { size: 6, width: 1.5 } } satisfies uPlot.Cursor;

/** The horizontal axis; the chart sets its values. */
export function xAxis(colours: ChartColours, space: uPlot.Axis.Space): uPlot.Axis {
  return { stroke: colours.text, font: FONT, size: 26, gap: 4, space, grid: { show: false }, ticks: { stroke: colours.grid, size: 4, width: 1 } };
}

export function yAxis(colours: ChartColours, format: (value: number) => string): uPlot.Axis {
  return {
    stroke: colours.text,
    font: FONT,
    size: 64,
    gap: 6,
    space: 34,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { show: false },
    border: { show: false },
    // On a logarithmic axis uPlot passes null for the labels to leave out.
    values: (_chart, splits: (number | null)[]) => splits.map((value) => (value === null ? "" : tickText(format(value)))),
  };
}

/** Logarithmic, or from zero to `top` of the greatest visible value; uPlot passes null if there is none. */
export function yScale(y: YScale, top: (max: number | null) => [number, number]): uPlot.Scale {
  if (y === "log") {
    // `distr: 3` is logarithmic; its name is a const enum that exists only for the type checker.
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment
    return { distr: 3, log: 10, range: (_chart, min, max) => (min > 0 && max > 0 ? uPlot.rangeLog(min, max, 10, false) : [1, 10]) };
  }
  return { range: (_chart, _min: number | null, max: number | null) => top(max) };
}

/** `50.0/s` becomes `50/s` on an axis. */
export function tickText(text: string): string {
  return text.replace(/(\.\d*?)0+(?!\d)/, (_all, kept: string) => (kept === "." ? "" : kept));
}

/** `#rrggbb` with an opacity. */
export function withAlpha(colour: string, alpha: number): string {
  if (alpha >= 1) return colour;
  return (
    colour +
    Math.round(alpha * 255)
      .toString(16)
      .padStart(2, "0")
  );
}
