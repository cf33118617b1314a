/** Turns points into the series of the four charts. Pure; colours are passed in. */
import type { ChartColours } from "@/shared/charts/palette";
import type { ChartContent, ChartLine, Threshold } from "@/shared/charts/chartTypes";
import type { LabelSeries, Point } from "@/shared/api/types";
import { timeGrid } from "./timeGrid";

export const TIME_METRICS = [
  { key: "p50_ms", name: "p50" },
  { key: "p90_ms", name: "p90" },
  { key: "p95_ms", name: "p95" },
  { key: "p99_ms", name: "p99" },
  { key: "mean_ms", name: "mean" },
  { key: "max_ms", name: "max" },
  { key: "latency_ms", name: "first byte, mean" },
  { key: "connect_ms", name: "connect, mean" },
] as const;

export type TimeMetric = (typeof TIME_METRICS)[number]["key"];
export type ErrorUnit = "rate" | "share";

/** The source of one line: the total, or a label with its colour. */
export interface Source {
  key: string;
  name: string;
  points: Point[];
  colour: string | null;
  transaction?: boolean;
  /** The end of its points, if newer ones could not be loaded. */
  untilMs?: number;
}

export interface Frame {
  bucketMs: number;
  /** Starts of the buckets in which the test recorded samples of any label: the time axis of every chart of the page. */
  times: number[];
  settledUntilMs: number | null;
}

/** The total alone, or the selected labels; those whose points are not loaded yet are left out. */
export function sources(points: Point[], labels: LabelSeries[], chosen: string[], colourOf: (label: string) => string, untilMs: number | null = null): Source[] {
  const byName = new Map(labels.map((each) => [each.label, each]));
  if (chosen.length === 0) return [{ key: "total", name: "Total", points, colour: null }];
  const picked = chosen.map((label) => byName.get(label)).filter((each) => each !== undefined);
  return picked.map((each) => ({
    key: `label ${each.label}`,
    name: each.label,
    points: each.points,
    colour: colourOf(each.label),
    transaction: each.transaction,
    ...(untilMs === null ? {} : { untilMs }),
  }));
}

/** The time frame of a whole result. */
export function frameOf(points: Point[], bucketMs: number, settledUntilMs: number | null): Frame {
  return { bucketMs, times: points.map((point) => point.t_ms), settledUntilMs };
}

/** The times of the test and of all sources, without gaps. */
function timesOf(from: Source[], frame: Frame): number[] {
  return timeGrid([...frame.times, ...from.flatMap((source) => source.points.map((point) => point.t_ms))], frame.bucketMs, frame.settledUntilMs);
}

/** A line's name and description. */
export function nameOf(source: Source, label = source.name): Pick<ChartLine, "key" | "label" | "tag"> {
  return { key: source.key, label, ...(source.transaction === true ? { tag: "transaction" } : {}) };
}

/** A measured value at each time; null if no sample has it. */
export function column(source: Source, times: number[], value: (point: Point) => number | null): (number | null)[] {
  const at = new Map(source.points.map((point) => [point.t_ms, point]));
  return times.map((time) => {
    const point = at.get(time);
    return point === undefined ? null : value(point);
  });
}

/** An amount per second at each time: zero if the test ran and nothing of the kind occurred, null if the log has no such data. */
export function perSecond(source: Source, times: number[], frame: Frame, amount: (point: Point) => number | null): (number | null)[] {
  const at = new Map(source.points.map((point) => [point.t_ms, point]));
  return times.map((time) => {
    const point = at.get(time);
    if (point === undefined) return source.untilMs !== undefined && time >= source.untilMs ? null : 0;
    const value = amount(point);
    return value === null ? null : (value * 1000) / frame.bucketMs;
  });
}

export function content(from: Source[], frame: Frame, lines: (times: number[]) => ChartLine[], thresholds: Threshold[] = []): ChartContent {
  const times = timesOf(from, frame);
  return { times, bucketMs: frame.bucketMs, settledUntilMs: frame.settledUntilMs, lines: lines(times), thresholds };
}

export function throughput(from: Source[], frame: Frame, colours: ChartColours, thresholds: Threshold[]): ChartContent {
  return content(
    from,
    frame,
    (times) =>
      from.map((source) => ({
        ...nameOf(source),
        values: perSecond(source, times, frame, (point) => point.samples),
        colour: source.colour ?? colours.rate,
        kind: "line",
        ...(source.colour === null ? { fill: 0.12 } : {}),
      })),
    thresholds,
  );
}

/** p50 to p99 of the total in shades of one hue; with labels selected, one metric for each of them. */
export function responseTimes(from: Source[], frame: Frame, metric: TimeMetric, colours: ChartColours, thresholds: Threshold[]): ChartContent {
  const [total] = from;
  if (total?.colour === null) {
    return content(
      from,
      frame,
      (times) =>
        TIME_METRICS.slice(0, 4).map(({ key, name }, index) => ({
          key,
          label: name,
          values: column(total, times, (point) => point[key]),
          colour: colours.percentiles[index] ?? colours.text,
          kind: "line",
          width: 1.5,
        })),
      thresholds,
    );
  }
  return oneTime(from, frame, metric, colours, thresholds);
}

/** One response time metric for each source. */
export function oneTime(from: Source[], frame: Frame, metric: TimeMetric, colours: ChartColours, thresholds: Threshold[] = []): ChartContent {
  return content(
    from,
    frame,
    (times) =>
      from.map((source) => ({
        ...nameOf(source),
        values: column(source, times, (point) => point[metric]),
        colour: source.colour ?? colours.percentiles[2],
        kind: "line",
      })),
    thresholds,
  );
}

export function errors(from: Source[], frame: Frame, unit: ErrorUnit, colours: ChartColours, thresholds: Threshold[]): ChartContent {
  // Errors per second are zero if there were no samples; the error rate is unknown then.
  const valuesOf = (source: Source, times: number[]) =>
    unit === "rate" ? perSecond(source, times, frame, (point) => point.errors) : column(source, times, (point) => (point.samples === 0 ? null : (point.errors / point.samples) * 100));
  return content(
    from,
    frame,
    (times) =>
      from.map((source) => ({
        ...nameOf(source, source.colour === null ? "Errors" : source.name),
        values: valuesOf(source, times),
        colour: source.colour ?? colours.error,
        kind: source.colour === null ? "bars" : "line",
      })),
    thresholds,
  );
}

/** Active users are counted for the whole test only, so this chart always shows the total. */
export function activeUsers(points: Point[], frame: Frame, colours: ChartColours): ChartContent {
  const total: Source = { key: "users", name: "Active users", points, colour: null };
  return content([total], frame, (times) => [{ key: "users", label: "Active users", values: column(total, times, (point) => point.active_users), colour: colours.users, kind: "step", fill: 0.1 }]);
}
