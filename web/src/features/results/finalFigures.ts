import type { Point, Summary } from "@/shared/api/types";
import { formatCount, formatMs, formatRate, plural, splitMs, splitPercent, splitRate } from "@/shared/format/numbers";
import { formatClock, formatTime, formatTimeNear } from "@/shared/format/time";
import { measured, unitOf } from "./transactions";
import type { Figure } from "@/shared/ui/Figures";

/** The row of figures of a finished run. */
export function finalFigures(summary: Summary, points: Point[], bucketMs: number): Figure[] {
  const { total } = summary;
  const seconds = measured(total);
  const top = points.length === 0 ? null : Math.max(...points.map((point) => point.samples)) * (1000 / bucketMs);
  const users = points.map((point) => point.active_users).filter((value) => value !== null);
  const unit = unitOf(summary.total_basis);
  return [
    { key: "rate", name: "Throughput", value: splitRate(total.throughput_per_s), note: top === null ? undefined : `peak ${formatRate(top)}` },
    { key: "p95", name: "p95", value: splitMs(total.p95_ms), note: `p99 ${formatMs(total.p99_ms)}` },
    { key: "median", name: "Median", value: splitMs(total.median_ms), note: `mean ${formatMs(total.mean_ms)}` },
    {
      key: "errors",
      name: "Error rate",
      value: splitPercent(total.error_percent),
      note: plural(total.errors, "error"),
      ...(total.errors > 0 ? { tone: "failed" } : {}),
    },
    { key: "users", name: "Active users", value: [users.length === 0 ? "–" : formatCount(Math.max(...users)), ""], note: "peak" },
    { key: "samples", name: unit === "sample" ? "Samples" : "Transactions", value: [formatCount(total.samples), ""], note: plural(summary.labels.length, "label") },
    {
      key: "duration",
      name: "Duration",
      value: [formatClock(seconds === null ? null : Math.round(seconds)), ""],
      note: summary.start_ms === null ? undefined : `${formatTime(summary.start_ms)}–${formatTimeNear(summary.end_ms, summary.start_ms)}`,
    },
  ];
}
