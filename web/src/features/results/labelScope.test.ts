import { expect, it } from "vitest";
import type { LabelSeries } from "@/shared/api/types";
import { entryOf, pointAt, summaryOf } from "@/test/results";
import { percentileNote, pointsOfLabels, summaryOfLabels } from "./labelScope";

const SUMMARY = summaryOf([
  entryOf("Login", { samples: 100, errors: 10, mean_ms: 100, latency_ms: 40, max_ms: 300, throughput_per_s: 10, p95_ms: 170 }),
  entryOf("Search", { samples: 300, errors: 0, mean_ms: 200, max_ms: 900, throughput_per_s: 30 }),
  entryOf("Pay", { samples: 7 }),
]);
const series = (label: string, ...samples: number[]): LabelSeries => ({
  label,
  transaction: false,
  points: samples.map((count, second) => pointAt(second * 1000, { samples: count, active_users: null })),
});

it("has the figures of one label, and for several the sums", () => {
  expect(summaryOfLabels(SUMMARY, [])).toBe(SUMMARY);
  expect(summaryOfLabels(SUMMARY, ["Login"]).total).toEqual(SUMMARY.labels[0]);
  const { total, labels } = summaryOfLabels(SUMMARY, ["Login", "Search", "gone"]);
  expect(labels).toHaveLength(2);
  expect(total).toMatchObject({
    samples: 400,
    errors: 10,
    error_percent: 2.5,
    mean_ms: 175,
    latency_ms: 70,
    connect_ms: 1,
    max_ms: 900,
    throughput_per_s: 40,
    p95_ms: null,
    p99_ms: null,
    p999_ms: null,
    median_ms: null,
  });
});

it("has the server's figures of several labels as one", () => {
  const together = entryOf("", { samples: 400, p95_ms: 444 });
  expect(summaryOfLabels(SUMMARY, ["Login", "Search"], together).total).toEqual({ ...together, label: "2 labels" });
  expect(summaryOfLabels(SUMMARY, ["Login"], together).total).toEqual(SUMMARY.labels[0]);
  expect(percentileNote(["Login", "Search"], { p95_ms: null }, "note")).toBe("select a single label");
  expect(percentileNote(["Login", "Search"], together, "note")).toBe("note");
});

it("ignores labels without samples", () => {
  const { total } = summaryOfLabels(SUMMARY, ["gone"]);
  expect([total.samples, total.error_percent, total.mean_ms, total.throughput_per_s]).toEqual([0, null, null, null]);
});

it("adds up the points of labels, with the users of the whole test", () => {
  const total = [pointAt(0, { active_users: 3 }), pointAt(1000, { active_users: 5 })];
  const points = pointsOfLabels(total, [series("Login", 4, 6), series("Search", 1), series("Pay", 9, 9)], ["Login", "Search"]);
  expect(points.map(({ t_ms, samples, active_users, p95_ms }) => [t_ms, samples, active_users, p95_ms])).toEqual([
    [0, 5, 3, null],
    [1000, 6, 5, 170],
  ]);
});

it("restricts the labels' points to the time of the test's points", () => {
  const peak = series("Login", 99, 4, 6, 99);
  const within = pointsOfLabels([pointAt(1000), pointAt(2000)], [peak], ["Login"]);
  expect(within.map(({ samples }) => samples)).toEqual([4, 6]);
  expect(pointsOfLabels([], [peak], ["Login"])).toEqual([]);
});
