export interface ChartLine {
  key: string;
  label: string;
  /** A word after the label: its kind. */
  tag?: string;
  /** One value for each time of the chart (or each position on its x axis); null for a missing one. */
  values: (number | null)[];
  colour: string;
  kind: "line" | "step" | "bars" | "dots";
  width?: number;
  /** Opacity of the area below a line, 0 to 1. */
  fill?: number;
  /** Each value of a line is also a dot: there are few, and each stands for an object. */
  dotted?: true;
}

export interface Threshold {
  value: number;
  label: string;
}

export interface ChartContent {
  /** Starts of the buckets in epoch milliseconds, ascending. */
  times: number[];
  bucketMs: number;
  /** Buckets that end after this time are incomplete; null if all are complete. */
  settledUntilMs: number | null;
  lines: ChartLine[];
  thresholds: Threshold[];
}

/** A chart over something other than time. */
export interface XyContent {
  /** Positions on the x axis, non-decreasing. */
  x: number[];
  /** The ends of the axis; null: those of the values. */
  range: [number, number] | null;
  /** The positions are numbered objects with long names: ticks at whole numbers, with space for the names. */
  wide?: true;
  /** The positions are counts: ticks at whole numbers only. */
  whole?: true;
  /** Positions of the axis labels; null: automatic. */
  ticks: { at: number; text: string }[] | null;
  lines: ChartLine[];
  thresholds?: Threshold[];
}

/** Ticks of a chart's values: at round numbers, at whole ones (counts), at round KB and MB (bytes). */
export type Steps = "any" | "whole" | "bytes";

export type YScale = "linear" | "log";
