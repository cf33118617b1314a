import { describe, expect, it } from "vitest";
import type { Point } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { activeUsers, errors, responseTimes, sources, throughput, unionTimes } from "./chartSeries";

const colours = chartColours("light");
const frame = { bucketMs: 2000, settledUntilMs: null };

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
const labels = [
  { label: "a", transaction: false, points: [point(0, 10, 1)] },
  { label: "b", transaction: false, points: [point(6000, 4, 4), point(8000, 1, 0)] },
];

describe("the charts of the total", () => {
  const from = sources(total, labels, [], () => "#000000");
  it("divides by the bucket's width", () => {
    expect(throughput(from, frame, colours, []).lines[0]?.values).toEqual([5, 10, 2]);
    expect(errors(from, frame, "rate", colours, []).lines[0]?.values).toEqual([0.5, 0, 2]);
    expect(errors(from, frame, "share", colours, []).lines[0]?.values).toEqual([10, 0, 100]);
  });
  it("draws four percentiles", () => {
    expect(responseTimes(from, frame, "p95_ms", colours, []).lines.map((line) => line.label)).toEqual(["p50", "p90", "p95", "p99"]);
  });
  it("leaves unknown users unknown", () => {
    expect(activeUsers(total, frame, colours).lines[0]?.values).toEqual([null, null, null]);
  });
});

describe("the charts of chosen labels", () => {
  const from = sources(total, labels, ["b", "a", "gone"], (label) => (label === "a" ? "#aaaaaa" : "#bbbbbb"));
  it("has one line for each label that exists, over all their times", () => {
    expect(unionTimes(from)).toEqual([0, 6000, 8000]);
    const { lines } = responseTimes(from, frame, "max_ms", colours, []);
    expect(lines.map((line) => [line.label, line.colour, line.values])).toEqual([
      ["b", "#bbbbbb", [null, 50, 50]],
      ["a", "#aaaaaa", [50, null, null]],
    ]);
  });
});
