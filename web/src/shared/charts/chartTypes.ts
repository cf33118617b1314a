export interface ChartLine {
  key: string;
  label: string;
  /** A word after the label: what kind of thing it is. */
  tag?: string;
  /** One value for each time of the chart (or each place on its x axis); null where there is none. */
  values: (number | null)[];
  colour: string;
  kind: "line" | "step" | "bars" | "dots";
  width?: number;
  /** Opacity of the area below a line, 0 to 1. */
  fill?: number;
  /** Each value of a line is a dot too: there are few, and each is a thing of its own. */
  dotted?: true;
}

export interface Threshold {
  value: number;
  label: string;
}

export interface ChartContent {
  /** Starts of the buckets in epoch milliseconds, rising. */
  times: number[];
  bucketMs: number;
  /** Buckets that end after this moment are still filling; null when nothing fills any more. */
  settledUntilMs: number | null;
  lines: ChartLine[];
  thresholds: Threshold[];
}

/** A chart over something else than time. */
export interface XyContent {
  /** Places on the x axis, never falling. */
  x: number[];
  /** The axis' ends; null takes what the values have. */
  range: [number, number] | null;
  /** The places are numbered things whose names are long: ticks at whole numbers, with room for the names. */
  wide?: true;
  /** The places are counts: ticks at whole numbers only. */
  whole?: true;
  /** Where the axis has words; null leaves it to the chart. */
  ticks: { at: number; text: string }[] | null;
  lines: ChartLine[];
  thresholds?: Threshold[];
}

/** Where the ticks of a chart's values are: at round numbers, at whole ones (counts), at round KB and MB (bytes). */
export type Steps = "any" | "whole" | "bytes";

export type YScale = "linear" | "log";
