/** Formats changes between two numbers. Pure. */
import type { ChangedMetric } from "@/shared/api/types";
import { joined } from "./numbers";

/** The metrics that a comparison evaluates. */
export const METRIC_WORDS: Record<ChangedMetric, string> = { mean_ms: "mean", median_ms: "median", p95_ms: "p95", error_percent: "error rate" };

/** `812 → 1,020 ms`; with both units if they differ. */
export function beforeAfter(split: (value: number | null) => [string, string], before: number | null, after: number | null): string {
  const [a, unitA] = split(before);
  const [b, unitB] = split(after);
  return `${unitA === unitB ? a : joined([a, unitA])} → ${joined([b, unitB])}`;
}

/** Change in percent of the earlier value; null if that is zero. */
export function changePercent(before: number | null, after: number | null): number | null {
  return before === null || after === null || before === 0 ? null : ((after - before) / before) * 100;
}

/** `+12.3 %`, `−4.0 %`, `±0 %`; from 1,000 % on as a factor. */
export function formatChange(percent: number | null): string {
  if (percent === null) return "–";
  if (Math.abs(percent) < 0.05) return "±0\u00a0%";
  if (percent >= 1000) return `×${(percent / 100 + 1).toFixed(0)}`;
  return `${sign(percent)}${Math.abs(percent).toFixed(Math.abs(percent) < 100 ? 1 : 0)}\u00a0%`;
}

/** The change of a rate, in percentage points. */
export function formatPoints(before: number | null, after: number | null): string {
  if (before === null || after === null) return "–";
  const points = after - before;
  return Math.abs(points) < 0.005 ? "±0 points" : `${sign(points)}${Math.abs(points).toFixed(2)} points`;
}

function sign(value: number): string {
  return value < 0 ? "−" : "+";
}
