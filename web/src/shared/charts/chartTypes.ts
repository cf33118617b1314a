export interface ChartLine {
  key: string;
  label: string;
  /** One value for each time of the chart; null where there is none. */
  values: (number | null)[];
  colour: string;
  kind: "line" | "step" | "bars";
  width?: number;
  /** Opacity of the area below a line, 0 to 1. */
  fill?: number;
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

export type YScale = "linear" | "log";
