import { useMemo } from "react";
import { column, frameOf, perSecond } from "@/features/results/chartSeries";
import { timeGrid } from "@/features/results/timeGrid";
import type { Baseline } from "@/features/results/finalFigures";
import { percentileNote, pointsOfLabels, summaryOfLabels } from "@/features/results/labelScope";
import type { Entry, LabelSeries, Point, Run, Summary } from "@/shared/api/types";
import { Sparkline } from "@/shared/charts/Sparkline";
import { chartColours } from "@/shared/charts/palette";
import { changePercent, formatChange, formatPoints } from "@/shared/format/change";
import { formatCount, formatMs, formatPercent, formatRate, plural, splitMs, splitPercent, splitRate } from "@/shared/format/numbers";
import { formatClock, formatDuration } from "@/shared/format/time";
import { Figures, type Figure } from "@/shared/ui/Figures";
import { useTheme } from "@/shared/ui/theme";
import { settledUntil, type LiveRun } from "../live/liveRun";

interface Props {
  live: LiveRun;
  run: Run;
  /** Of the whole run, or of the time range that is shown, with its points. */
  summary: Summary;
  points: Point[];
  inWindow: boolean;
  /** The selected labels of the figures, their points, and all of them as one; null: the total. */
  chosen: string[];
  series: LabelSeries[];
  together: Entry | null;
  /** The end of the labels' points, if newer ones could not be loaded; null: all are loaded. */
  untilMs: number | null;
  /** The plan's baseline run. */
  baseline: Baseline | null;
}

/** Throughput, p95, p99, error rate, users, samples, time: the current value, with the last minutes next to it and the whole run below. */
export function LiveFigures({ live, run, summary, points: given, inWindow, chosen, series, together, untilMs, baseline }: Props) {
  const { scheme } = useTheme();
  const reached = settledUntil(live);
  const settled = untilMs === null ? reached : Math.min(untilMs, reached ?? untilMs);
  const figures = useMemo<Figure[]>(() => {
    const colours = chartColours(scheme);
    const isSettled = (point: Point) => settled === null || point.t_ms + live.bucket_ms <= settled;
    const whole = given.filter(isSettled);
    const points = pointsOfLabels(whole, series, chosen);
    const now = newestEnd(whole, live.bucket_ms, settled);
    const { total, total_basis } = summaryOfLabels(summary, chosen, together);
    // Shown until its report is loaded: the headline has the whole run's throughput then, and there are no last seconds.
    const ended = run.phase === "finished";
    // The server's current figures cover all labels; the others cover the whole run.
    const head = chosen.length === 0 ? run.headline : null;
    const overall = inWindow ? null : head;
    const against = (of: (from: Baseline) => string): Pick<Figure, "change"> => (baseline === null || inWindow || chosen.length > 0 ? {} : { change: `${of(baseline)} vs. baseline` });
    // As in the charts: an interval without samples is a rate of zero, and has no response time.
    const frame = frameOf(whole, live.bucket_ms, settled);
    const times = timeGrid(frame.times, live.bucket_ms, settled);
    const source = { key: "total", name: "Total", points, colour: null };
    const spark = (values: (number | null)[], colour: string) => <Sparkline values={values} colour={colour} />;
    return [
      {
        key: "rate",
        name: "Throughput",
        value: splitRate(ended ? total.throughput_per_s : head === null ? rateOf(points, now, live.bucket_ms) : head.rate_per_s),
        note: ended ? "average" : `last ${formatDuration((head === null ? rateLength(live.bucket_ms) : RATE_MS) / 1000)}; average ${formatRate(total.throughput_per_s)}`,
        // The baseline's figure covers a whole run, so the last seconds are not compared with it.
        ...against((of) => `average ${formatChange(changePercent(of.rate_per_s, total.throughput_per_s))}`),
        spark: spark(
          perSecond(source, times, frame, (point) => point.samples),
          colours.rate,
        ),
      },
      {
        key: "p95",
        name: "p95",
        value: splitMs(overall?.p95_ms ?? total.p95_ms),
        note: percentileNote(chosen, total, `median ${formatMs(total.median_ms)}`),
        ...against((of) => formatChange(changePercent(of.p95_ms, overall?.p95_ms ?? total.p95_ms))),
        spark: spark(
          column(source, times, (point) => point.p95_ms),
          colours.percentiles[2],
        ),
      },
      {
        key: "p99",
        name: "p99",
        value: splitMs(total.p99_ms),
        note: percentileNote(chosen, total, inWindow ? "of the time shown" : "of the whole run"),
        ...against((of) => formatChange(changePercent(of.p99_ms, total.p99_ms))),
        spark: spark(
          column(source, times, (point) => point.p99_ms),
          colours.percentiles[3],
        ),
      },
      {
        key: "errors",
        name: "Error rate",
        value: splitPercent(overall?.error_percent ?? total.error_percent),
        note: `${plural(total.errors, "error")}${ended ? "" : lastErrorRate(points, whole[0]?.t_ms ?? now, now, live.bucket_ms)}`,
        ...against((of) => formatPoints(of.error_percent, overall?.error_percent ?? total.error_percent)),
        spark: spark(
          perSecond(source, times, frame, (point) => point.errors),
          colours.error,
        ),
        ...(total.errors > 0 ? { tone: "failed" } : {}),
      },
      {
        key: "users",
        name: "Active users",
        value: [run.headline?.active_users == null ? "–" : formatCount(run.headline.active_users), ""],
        note: run.total_threads === null ? "all nodes" : `of ${formatCount(run.total_threads)} planned`,
        spark: spark(
          column(source, times, (point) => point.active_users),
          colours.users,
        ),
      },
      {
        key: "samples",
        name: total_basis === "transactions" ? "Transactions" : "Samples",
        value: [formatCount(total.samples), ""],
        note: chosen.length === 0 ? plural(live.labels, "label") : `${chosen.length} of ${plural(live.labels, "label")}`,
      },
    ];
  }, [live, run, summary, given, inWindow, chosen, series, together, baseline, scheme, settled]);

  return <Figures live figures={[...figures, timeFigure(run, live.at_ms)]} />;
}

/** A shorter silence may be caused by nodes' clocks that are behind the server's. */
const SILENCE_MS = 10_000;

/** The end of the newest settled interval, even if no sample has arrived for a while; null before the first. */
function newestEnd(points: Point[], bucketMs: number, settledMs: number | null): number | null {
  const newest = points.at(-1);
  if (newest === undefined) return null;
  const end = newest.t_ms + bucketMs;
  return settledMs === null || settledMs - end < SILENCE_MS ? end : end + Math.floor((settledMs - end) / bucketMs) * bucketMs;
}

/** The server's rate of all samples covers the last five seconds. */
const RATE_MS = 5000;

/** The rate of selected labels is counted from whole intervals, in milliseconds: in a long run, one of these is longer than five seconds. */
function rateLength(bucketMs: number): number {
  return Math.ceil(RATE_MS / bucketMs) * bucketMs;
}

function rateOf(points: Point[], end: number | null, bucketMs: number): number | null {
  if (end === null) return null;
  const length = rateLength(bucketMs);
  const samples = points.reduce((sum, point) => (point.t_ms >= end - length && point.t_ms < end ? sum + point.samples : sum), 0);
  return samples / (length / 1000);
}

/** The error rate of the newest ten intervals, or of all since `from` if these are fewer, with the time they cover. */
function lastErrorRate(points: Point[], from: number | null, end: number | null, bucketMs: number): string {
  if (from === null || end === null) return "";
  const since = Math.max(from, end - 10 * bucketMs);
  const last = points.filter((point) => point.t_ms >= since);
  const samples = last.reduce((sum, point) => sum + point.samples, 0);
  const failed = last.reduce((sum, point) => sum + point.errors, 0);
  return samples === 0 ? "" : `, last ${formatDuration((end - since) / 1000)}: ${formatPercent((failed / samples) * 100)}`;
}

/** The server's time at the newest snapshot: it stops without a connection, like everything else. */
function timeFigure(run: Run, now: number): Figure {
  if (run.started_ms === null) return { key: "elapsed", name: "Elapsed", value: ["–", ""] };
  const elapsed = Math.max(0, ((run.ended_ms ?? now) - run.started_ms) / 1000);
  const left = run.expected_s === null ? null : run.expected_s - elapsed;
  return {
    key: "elapsed",
    name: "Elapsed",
    value: [formatClock(elapsed), ""],
    // A run that was stopped early has no time left.
    note: run.phase === "finished" ? undefined : left === null ? "no planned end" : left >= 0 ? `${formatClock(left)} remaining` : `overdue by ${formatClock(-left)}`,
  };
}
