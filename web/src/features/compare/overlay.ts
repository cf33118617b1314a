/**
 * Several results over one another, each from its own start. Pure.
 * Their buckets may have different widths: the grid has the narrowest, and a wider bucket holds its value over all places that it covers.
 */
import type { ComparedResult, Point } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";

export interface Overlaid {
  key: string;
  name: string;
  colour: string;
  result: ComparedResult;
}

export type Quantity = (point: Point, bucketMs: number) => number | null;

/** Start of the bucket in which the run started: where the result's time begins. */
function originOf(result: ComparedResult, bucketMs: number): number {
  const start = result.start_ms ?? result.points[0]?.t_ms ?? 0;
  return Math.floor(start / bucketMs) * bucketMs;
}

export function overlay(all: Overlaid[], quantity: Quantity): ChartContent {
  const drawn = all.flatMap((each) => {
    const bucketMs = each.result.bucket_ms;
    if (bucketMs === null || each.result.points.length === 0) return [];
    const origin = originOf(each.result, bucketMs);
    return [{ ...each, bucketMs, at: new Map(each.result.points.map((point) => [point.t_ms - origin, point])) }];
  });
  const bucketMs = drawn.length === 0 ? 1000 : Math.min(...drawn.map((each) => each.bucketMs));
  const places = new Set<number>();
  for (const { at, bucketMs: width } of drawn) {
    for (const start of at.keys()) for (let place = Math.ceil(start / bucketMs) * bucketMs; place < start + width; place += bucketMs) places.add(place);
  }
  const times = [...places].sort((a, b) => a - b);
  return {
    times,
    bucketMs,
    settledUntilMs: null,
    thresholds: [],
    lines: drawn.map(({ key, name, colour, at, bucketMs: width }) => ({
      key,
      label: name,
      colour,
      kind: "line",
      values: times.map((time) => {
        const point = at.get(Math.floor(time / width) * width);
        return point === undefined ? null : quantity(point, width);
      }),
    })),
  };
}

export const rate: Quantity = (point, bucketMs) => (point.samples * 1000) / bucketMs;
export const p95: Quantity = (point) => point.p95_ms;
export const errorShare: Quantity = (point) => (point.samples === 0 ? null : (point.errors / point.samples) * 100);
