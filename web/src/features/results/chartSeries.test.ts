import { describe, expect, it } from "vitest";
import type { Point } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { activeUsers, errors, frameOf, responseTimes, sources, throughput } from "./chartSeries";

const colours = chartColours("light");

function point(t_ms: number, samples: number, failed: number): Point {
  return {
    t_ms,
    samples,
    errors: failed,
    mean_ms: 10,
    p50_ms: 8,
    p90_ms: 20,
    p95_ms: 30,
    p99_ms: 40,
    max_ms: 50,
    latency_ms: null,
    connect_ms: null,
    received_bytes: 0,
    sent_bytes: 0,
    active_users: null,
  };
}

const total = [point(0, 10, 1), point(2000, 20, 0), point(6000, 4, 4)];
const frame = frameOf(total, 2000, null);
const labels = [
  { label: "a", transaction: false, points: [point(0, 10, 1)] },
  { label: "b", transaction: false, points: [point(6000, 4, 4), point(8000, 1, 0)] },
];

describe("the charts of the total", () => {
  const from = sources(total, labels, [], () => "#000000");
  it("divides by the bucket's width, draws a rate of nothing as zero, and an error rate of nothing not at all", () => {
    expect(throughput(from, frame, colours, []).lines[0]?.values).toEqual([5, 10, 0, 2]);
    expect(errors(from, frame, "rate", colours, []).lines[0]?.values).toEqual([0.5, 0, 0, 2]);
    expect(errors(from, frame, "share", colours, []).lines[0]?.values).toEqual([10, 0, null, 100]);
  });
  it("draws four percentiles", () => {
    expect(responseTimes(from, frame, "p95_ms", colours, []).lines.map((line) => line.label)).toEqual(["p50", "p90", "p95", "p99"]);
  });
  it("leaves gaps for unknown users", () => {
    expect(activeUsers(total, frame, colours).lines[0]?.values).toEqual([null, null, null, null]);
  });
});

describe("the charts of selected labels", () => {
  const from = sources(total, labels, ["b", "a", "gone"], (label) => (label === "a" ? "#aaaaaa" : "#bbbbbb"));
  it("have one line for each label that exists, over the whole test: a gap if no sample of it ended", () => {
    const { lines, times } = responseTimes(from, frame, "max_ms", colours, []);
    expect(times).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(lines.map((line) => [line.label, line.colour, line.values])).toEqual([
      ["b", "#bbbbbb", [null, null, null, 50, 50]],
      ["a", "#aaaaaa", [50, null, null, null, null]],
    ]);
    expect(throughput(from, frame, colours, []).lines.map((line) => line.values)).toEqual([
      [0, 0, 0, 2, 0.5],
      [5, 0, 0, 0, 0],
    ]);
  });
});
