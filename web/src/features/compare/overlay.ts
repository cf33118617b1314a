/**
 * Several results in one chart, each from its own start. Pure.
 * Their buckets may have different widths: the grid has the narrowest, and a wider bucket repeats its value over all intervals it covers.
 */
import type { ComparedResult, Point, RunsOverTime } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";

export interface Overlaid {
  key: string;
  name: string;
  colour: string;
  result: ComparedResult;
}

export interface Quantity {
  of: (point: Point, bucketMs: number) => number | null;
  /** Bucket of the run in which no sample ended: a rate is zero then, a response time is unknown. */
  ofNothing: number | null;
}

/** Start of the bucket in which the run started: the zero of the result's time axis. */
function originOf(result: ComparedResult, bucketMs: number): number {
  const start = result.start_ms ?? result.points[0]?.t_ms ?? 0;
  return Math.floor(start / bucketMs) * bucketMs;
}

/** The results with the points of one label instead of the totals; without points while these are not loaded. */
export function ofLabel(all: Overlaid[], series: RunsOverTime | undefined): Overlaid[] {
  return all.map((each) => {
    const found = series?.runs.find(({ run }) => run === each.result.run_id);
    // They count from the label's own first sample, the page counts from the run's.
    const points = found === undefined ? [] : found.points.map((point) => ({ ...point, t_ms: point.t_ms + (found.start_ms ?? 0) }));
    return { ...each, result: { ...each.result, bucket_ms: found?.bucket_ms ?? null, points } };
  });
}

export function overlay(all: Overlaid[], quantity: Quantity): ChartContent {
  const drawn = all.flatMap((each) => {
    const bucketMs = each.result.bucket_ms;
    if (bucketMs === null || each.result.points.length === 0) return [];
    const origin = originOf(each.result, bucketMs);
    const at = new Map(each.result.points.map((point) => [point.t_ms - origin, point]));
    return [{ ...each, bucketMs, at, last: Math.max(...at.keys()) }];
  });
  const bucketMs = drawn.length === 0 ? 1000 : Math.min(...drawn.map((each) => each.bucketMs));
  const ends = drawn.map(({ last, bucketMs: width }) => last + width);
  const times = Array.from({ length: drawn.length === 0 ? 0 : Math.ceil(Math.max(...ends) / bucketMs) }, (_, place) => place * bucketMs);
  return {
    times,
    bucketMs,
    settledUntilMs: null,
    thresholds: [],
    lines: drawn.map(({ key, name, colour, at, last, bucketMs: width }) => ({
      key,
      label: name,
      colour,
      kind: "line",
      values: times.map((time) => {
        const start = Math.floor(time / width) * width;
        const point = at.get(start);
        if (point !== undefined) return quantity.of(point, width);
        return start <= last ? quantity.ofNothing : null;
      }),
    })),
  };
}

export const rate: Quantity = { of: (point, bucketMs) => (point.samples * 1000) / bucketMs, ofNothing: 0 };
export const p95: Quantity = { of: (point) => point.p95_ms, ofNothing: null };
export const errorRate: Quantity = { of: (point) => (point.samples === 0 ? null : (point.errors / point.samples) * 100), ofNothing: null };
