import type { Point, Summary, TrendPoint } from "@/shared/api/types";
import { changePercent, formatChange, formatPoints } from "@/shared/format/change";
import { formatCount, formatMs, formatRate, plural, splitMs, splitPercent, splitRate } from "@/shared/format/numbers";
import { formatClock, formatTime, formatTimeNear } from "@/shared/format/time";
import { percentileNote } from "./labelScope";
import { measured, unitOf } from "./transactions";
import type { Figure } from "@/shared/ui/Figures";

/** The baseline's figures. */
export type Baseline = Pick<TrendPoint, "rate_per_s" | "p95_ms" | "p99_ms" | "p50_ms" | "error_percent">;

const NO_LABELS: string[] = [];

/** The row of figures of a finished run, or of its selected labels; with a baseline each shows its difference. */
export function finalFigures(summary: Summary, points: Point[], bucketMs: number, { baseline = null, chosen = NO_LABELS }: { baseline?: Baseline | null; chosen?: string[] } = {}): Figure[] {
  const { total } = summary;
  const seconds = measured(total);
  const top = points.length === 0 ? null : Math.max(...points.map((point) => point.samples)) * (1000 / bucketMs);
  const users = points.map((point) => point.active_users).filter((value) => value !== null);
  const unit = unitOf(summary.total_basis);
  const against = (of: (from: Baseline) => string): Pick<Figure, "change"> => (baseline === null ? {} : { change: `${of(baseline)} vs. baseline` });
  return [
    {
      key: "rate",
      name: "Throughput",
      value: splitRate(total.throughput_per_s),
      note: top === null ? undefined : `peak ${formatRate(top)}`,
      ...against((from) => formatChange(changePercent(from.rate_per_s, total.throughput_per_s))),
    },
    { key: "p95", name: "p95", value: splitMs(total.p95_ms), note: percentileNote(chosen, total, undefined), ...against((from) => formatChange(changePercent(from.p95_ms, total.p95_ms))) },
    {
      key: "p99",
      name: "p99",
      value: splitMs(total.p99_ms),
      note: percentileNote(chosen, total, `max ${formatMs(total.max_ms)}`),
      ...against((from) => formatChange(changePercent(from.p99_ms, total.p99_ms))),
    },
    {
      key: "median",
      name: "Median",
      value: splitMs(total.median_ms),
      note: percentileNote(chosen, total, `mean ${formatMs(total.mean_ms)}`),
      ...against((from) => formatChange(changePercent(from.p50_ms, total.median_ms))),
    },
    {
      key: "errors",
      name: "Error rate",
      value: splitPercent(total.error_percent),
      note: plural(total.errors, "error"),
      ...against((from) => formatPoints(from.error_percent, total.error_percent)),
      ...(total.errors > 0 ? { tone: "failed" } : {}),
    },
    { key: "users", name: "Active users", value: [users.length === 0 ? "–" : formatCount(Math.max(...users)), ""], note: "peak" },
    { key: "samples", name: unit === "sample" ? "Samples" : "Transactions", value: [formatCount(total.samples), ""], note: chosen.length === 1 ? chosen[0] : plural(summary.labels.length, "label") },
    {
      key: "duration",
      name: "Duration",
      value: [formatClock(seconds === null ? null : Math.round(seconds)), ""],
      note: summary.start_ms === null ? undefined : `${formatTime(summary.start_ms)}–${formatTimeNear(summary.end_ms, summary.start_ms)}`,
    },
  ];
}
