/** A result restricted to the selected labels: its total, points and errors. Pure. */
import type { Entry, ErrorGroup, LabelSeries, Point, Summary } from "@/shared/api/types";

/**
 * The summary with the total of the selected labels; the whole one if none is selected, or none of them has samples. `together`: the
 * server's figures of all of them as one.
 */
export function summaryOfLabels(summary: Summary, chosen: string[], together: Entry | null = null): Summary {
  if (chosen.length === 0) return summary;
  const entries = summary.labels.filter((each) => chosen.includes(each.label));
  const [only] = entries;
  const several = () => (together === null ? joined(entries) : { ...together, label: `${entries.length} labels` });
  return { ...summary, labels: entries, total: entries.length === 1 && only !== undefined ? only : several() };
}

/** Figures of several labels that can be added up. Percentiles and deviations cannot: they are missing until the server returns them. */
function joined(entries: Entry[]): Entry {
  const sum = (of: (entry: Entry) => number | null): number | null => {
    const known = entries.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((all, value) => all + value, 0);
  };
  const [samples, errors] = [sum((entry) => entry.samples) ?? 0, sum((entry) => entry.errors) ?? 0];
  const weighted = (of: (entry: Entry) => number | null) => {
    const total = sum((entry) => (of(entry) === null ? null : (of(entry) ?? 0) * entry.samples));
    return total === null || samples === 0 ? null : total / samples;
  };
  const extreme = (of: (entry: Entry) => number | null, pick: (...values: number[]) => number) => {
    const known = entries.map(of).filter((value) => value !== null);
    return known.length === 0 ? null : pick(...known);
  };
  return {
    label: `${entries.length} labels`,
    kind: entries.every(({ kind }) => kind === entries[0]?.kind) ? (entries[0]?.kind ?? "request") : "mixed",
    samples,
    errors,
    error_percent: samples === 0 ? null : (errors / samples) * 100,
    mean_ms: weighted((entry) => entry.mean_ms),
    min_ms: extreme((entry) => entry.min_ms, Math.min),
    max_ms: extreme((entry) => entry.max_ms, Math.max),
    stddev_ms: null,
    median_ms: null,
    p90_ms: null,
    p95_ms: null,
    p99_ms: null,
    p999_ms: null,
    throughput_per_s: sum((entry) => entry.throughput_per_s),
    received_kb_per_s: sum((entry) => entry.received_kb_per_s),
    sent_kb_per_s: sum((entry) => entry.sent_kb_per_s),
    avg_bytes: weighted((entry) => entry.avg_bytes),
    latency_ms: weighted((entry) => entry.latency_ms),
    connect_ms: weighted((entry) => entry.connect_ms),
    apdex: weighted((entry) => entry.apdex),
  };
}

/** The points of the selected labels within the time of `points`: one label's own, or the sums of several. Users are those of the whole test. */
export function pointsOfLabels(points: Point[], series: LabelSeries[], chosen: string[]): Point[] {
  if (chosen.length === 0) return points;
  const picked = series.filter((each) => chosen.includes(each.label));
  const [from, to] = [points[0]?.t_ms ?? Infinity, points.at(-1)?.t_ms ?? -Infinity];
  const of = new Map<number, Point>();
  for (const point of picked.flatMap((each) => each.points)) {
    if (point.t_ms < from || point.t_ms > to) continue;
    const known = of.get(point.t_ms);
    of.set(point.t_ms, known === undefined ? point : added(known, point));
  }
  const users = new Map(points.map((point) => [point.t_ms, point.active_users]));
  return [...of.values()].sort((a, b) => a.t_ms - b.t_ms).map((point) => ({ ...point, active_users: users.get(point.t_ms) ?? null }));
}

function added(one: Point, other: Point): Point {
  const sum = (a: number | null, b: number | null) => (a === null && b === null ? null : (a ?? 0) + (b ?? 0));
  return {
    ...one,
    samples: one.samples + other.samples,
    errors: one.errors + other.errors,
    received_bytes: sum(one.received_bytes, other.received_bytes),
    sent_bytes: sum(one.sent_bytes, other.sent_bytes),
    mean_ms: null,
    p50_ms: null,
    p90_ms: null,
    p95_ms: null,
    p99_ms: null,
    latency_ms: null,
    connect_ms: null,
  };
}

/** The errors of the selected labels. */
export function errorsOfLabels(errors: ErrorGroup[], chosen: string[]): ErrorGroup[] {
  return chosen.length === 0 ? errors : errors.filter((group) => chosen.includes(group.label));
}

/** Why a percentile is missing if several labels are shown together but were not counted as one. */
export function percentileNote(chosen: string[], { p95_ms }: Pick<Entry, "p95_ms">, note: string | undefined): string | undefined {
  return chosen.length > 1 && p95_ms === null ? "select a single label" : note;
}
