/** What was sent and what came back over time: hits, codes, transactions, bytes. Pure. A bucket in which the test ran and nothing of the kind happened is a zero, not a gap. */
import type { CodeSeries, Point, TimedCount } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";
import { codeSlots, type ChartColours } from "@/shared/charts/palette";
import { column, content, type Frame, type Source } from "./chartSeries";

export type Outcome = "all" | "passed" | "failed";
export type Direction = "received" | "sent";

/** Samples that started in each second. */
export function hits(started: TimedCount[], points: Point[], frame: Frame, colours: ChartColours): ChartContent {
  const times = [...new Set([...points, ...started].map((each) => each.t_ms))].sort((a, b) => a - b);
  return {
    times,
    bucketMs: frame.bucketMs,
    settledUntilMs: frame.settledUntilMs,
    lines: [{ key: "hits", label: "Hits", values: perSecond(started, times, frame), colour: colours.rate, kind: "line", fill: 0.12 }],
    thresholds: [],
  };
}

/** One line for each response code, the most frequent first. */
export function codesPerSecond(codes: CodeSeries[], points: Point[], frame: Frame, colourOf: (slot: number) => string): ChartContent {
  const times = points.map((point) => point.t_ms);
  const slots = codeSlots(codes.map((each) => each.code));
  return {
    times,
    bucketMs: frame.bucketMs,
    settledUntilMs: frame.settledUntilMs,
    lines: codes.map((each) => ({
      key: `code ${each.code}`,
      label: each.code === "" ? "no code" : each.code,
      values: perSecond(each.points, times, frame),
      colour: colourOf(slots.get(each.code) ?? 0),
      kind: "line",
    })),
    thresholds: [],
  };
}

function perSecond(counts: TimedCount[], times: number[], frame: Frame): number[] {
  const at = new Map(counts.map((each) => [each.t_ms, each.samples]));
  return times.map((time) => ((at.get(time) ?? 0) * 1000) / frame.bucketMs);
}

function counted(point: Point, outcome: Outcome): number {
  if (outcome === "all") return point.samples;
  return outcome === "failed" ? point.errors : point.samples - point.errors;
}

/** One line for each label over the times of the whole test. */
export function labelRates(from: Source[], points: Point[], outcome: Outcome, frame: Frame, colours: ChartColours): ChartContent {
  const times = points.map((point) => point.t_ms);
  return {
    times,
    bucketMs: frame.bucketMs,
    settledUntilMs: frame.settledUntilMs,
    lines: from.map((source) => ({
      key: source.key,
      label: source.name,
      values: column(source, times, (point) => (counted(point, outcome) * 1000) / frame.bucketMs).map((value) => value ?? 0),
      colour: source.colour ?? colours.rate,
      kind: "line",
    })),
    thresholds: [],
  };
}

/** The total's passed and failed samples in each second. */
export function totalRates(points: Point[], frame: Frame, colours: ChartColours): ChartContent {
  const total: Source = { key: "total", name: "Total", points, colour: null };
  const rate = (outcome: Outcome) => (point: Point) => (counted(point, outcome) * 1000) / frame.bucketMs;
  return content([total], frame, (times) => [
    { key: "passed", label: "Passed", values: column(total, times, rate("passed")), colour: colours.passed, kind: "line" },
    { key: "failed", label: "Failed", values: column(total, times, rate("failed")), colour: colours.error, kind: "line" },
  ]);
}

/** Bytes in each second: both ways for the total, one way for chosen labels. */
export function bytesPerSecond(from: Source[], direction: Direction, frame: Frame, colours: ChartColours): ChartContent {
  const rate = (way: Direction) => (point: Point) => {
    const bytes = way === "received" ? point.received_bytes : point.sent_bytes;
    // A log without bytes has no rate of them.
    return bytes === null ? null : (bytes * 1000) / frame.bucketMs;
  };
  const [total] = from;
  if (total?.colour === null) {
    return content(from, frame, (times) => [
      { key: "received", label: "Received", values: column(total, times, rate("received")), colour: colours.received, kind: "line" },
      { key: "sent", label: "Sent", values: column(total, times, rate("sent")), colour: colours.sent, kind: "line" },
    ]);
  }
  return content(from, frame, (times) =>
    from.map((source) => ({ key: source.key, label: source.name, values: column(source, times, rate(direction)), colour: source.colour ?? colours.text, kind: "line" })),
  );
}
