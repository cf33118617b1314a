/** Requests and responses over time: hits, codes, transactions, bytes. Pure. A bucket in which the test ran and nothing of the kind occurred is a zero, not a gap. */
import type { CodeSeries, Point, TimedCount } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";
import { codeSlots, type ChartColours } from "@/shared/charts/palette";
import { content, nameOf, perSecond, type Frame, type Source } from "./chartSeries";
import { timeGrid } from "./timeGrid";

export type Outcome = "all" | "passed" | "failed";
export type Direction = "received" | "sent";

/** Samples that started in each second. */
export function hits(started: TimedCount[], points: Point[], frame: Frame, colours: ChartColours): ChartContent {
  const times = timeGrid(
    [...points, ...started].map((each) => each.t_ms),
    frame.bucketMs,
    frame.settledUntilMs,
  );
  return {
    times,
    bucketMs: frame.bucketMs,
    settledUntilMs: frame.settledUntilMs,
    lines: [{ key: "hits", label: "Hits", values: countsPerSecond(started, times, frame), colour: colours.rate, kind: "line", fill: 0.12 }],
    thresholds: [],
  };
}

/** One line for each response code, the most frequent first. */
export function codesPerSecond(codes: CodeSeries[], frame: Frame, colourOf: (slot: number) => string): ChartContent {
  const times = timeGrid(frame.times, frame.bucketMs, frame.settledUntilMs);
  const slots = codeSlots(codes.map((each) => each.code));
  return {
    times,
    bucketMs: frame.bucketMs,
    settledUntilMs: frame.settledUntilMs,
    lines: codes.map((each) => ({
      key: `code ${each.code}`,
      label: each.code === "" ? "no code" : each.code,
      values: countsPerSecond(each.points, times, frame),
      colour: colourOf(slots.get(each.code) ?? 0),
      kind: "line",
    })),
    thresholds: [],
  };
}

function countsPerSecond(counts: TimedCount[], times: number[], frame: Frame): number[] {
  const at = new Map(counts.map((each) => [each.t_ms, each.samples]));
  return times.map((time) => ((at.get(time) ?? 0) * 1000) / frame.bucketMs);
}

function counted(point: Point, outcome: Outcome): number {
  if (outcome === "all") return point.samples;
  return outcome === "failed" ? point.errors : point.samples - point.errors;
}

/** One line for each label over the times of the whole test. */
export function labelRates(from: Source[], outcome: Outcome, frame: Frame, colours: ChartColours): ChartContent {
  return content(from, frame, (times) =>
    from.map((source) => ({
      ...nameOf(source),
      values: perSecond(source, times, frame, (point) => counted(point, outcome)),
      colour: source.colour ?? colours.rate,
      kind: "line",
    })),
  );
}

/** The total's passed and failed samples in each second. */
export function totalRates(points: Point[], frame: Frame, colours: ChartColours): ChartContent {
  const total: Source = { key: "total", name: "Total", points, colour: null };
  const rate = (times: number[], outcome: Outcome) => perSecond(total, times, frame, (point) => counted(point, outcome));
  return content([total], frame, (times) => [
    { key: "passed", label: "Passed", values: rate(times, "passed"), colour: colours.passed, kind: "line" },
    { key: "failed", label: "Failed", values: rate(times, "failed"), colour: colours.error, kind: "line" },
  ]);
}

/** Bytes in each second: both directions for the total, one direction for selected labels. */
export function bytesPerSecond(from: Source[], direction: Direction, frame: Frame, colours: ChartColours): ChartContent {
  const rate = (source: Source, times: number[], way: Direction) => perSecond(source, times, frame, (point) => (way === "received" ? point.received_bytes : point.sent_bytes));
  const [total] = from;
  if (total?.colour === null) {
    return content(from, frame, (times) => [
      { key: "received", label: "Received", values: rate(total, times, "received"), colour: colours.received, kind: "line" },
      { key: "sent", label: "Sent", values: rate(total, times, "sent"), colour: colours.sent, kind: "line" },
    ]);
  }
  return content(from, frame, (times) => from.map((source) => ({ ...nameOf(source), values: rate(source, times, direction), colour: source.colour ?? colours.text, kind: "line" })));
}
