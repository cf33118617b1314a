import { expect, it } from "vitest";
import type { Change, ChangedMetric, TrendPoint } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { trendPointOf } from "@/test/results";
import { isRegression, runWords, sinceBaseline, tagsOf, trendCharts } from "./trend";

const COLOURS = chartColours("light");
const lines = (content: { lines: { key: string; values: (number | null)[] }[] }) => Object.fromEntries(content.lines.map(({ key, values }) => [key, values]));
const compared = (change: Change, worse: ChangedMetric[] = [], load_differs = false): Partial<TrendPoint> => ({ compared: { with: "r-0", change, worse, sentence: "", load_differs } });

it("has a position for each run, and gaps for missing figures", () => {
  const { times, rate, errors } = trendCharts([trendPointOf("a"), trendPointOf("b", { p99_ms: null, rate_per_s: 40 })], null, COLOURS);
  expect(times.x).toEqual([0, 1]);
  expect(lines(times)).toEqual({ p50_ms: [20, 20], p90_ms: [60, 60], p95_ms: [80, 80], p99_ms: [120, null] });
  expect(lines(rate)).toEqual({ rate: [50, 40] });
  expect(lines(errors)).toEqual({ errors: [0, 0] });
});

it("marks a regression with a ring in the chart of that figure only", () => {
  const runs = [
    trendPointOf("a", { ...compared("worse", ["p95_ms"]), p95_ms: 90 }),
    trendPointOf("b", compared("better")),
    trendPointOf("c", { ...compared("worse", ["error_percent"]), p95_ms: 10, error_percent: 4 }),
    trendPointOf("d", { ...compared("mixed", ["median_ms"]), p50_ms: 25 }),
    trendPointOf("e", compared("unclear")),
  ];
  const { times, errors, rate } = trendCharts(runs, null, COLOURS);
  expect(lines(times)["regression"]).toEqual([90, null, null, 25, null]);
  expect(lines(errors)["regression"]).toEqual([null, null, 4, null, null]);
  expect(lines(rate)["regression"]).toBeUndefined();
});

it("does not compare a run with a baseline that came after it", () => {
  const baseline = trendPointOf("base", { baseline: true });
  const [before, after] = sinceBaseline([trendPointOf("a", { ...compared("worse", ["p95_ms"]), created_ms: baseline.created_ms - 1 }), trendPointOf("b", compared("worse", ["p95_ms"]))], baseline);
  expect([before, after].map((run) => run !== undefined && isRegression(run))).toEqual([false, true]);
});

it("draws the baseline's figure as a line, if it has one", () => {
  const { times, rate } = trendCharts([trendPointOf("a")], trendPointOf("base", { baseline: true, p95_ms: 75, rate_per_s: null }), COLOURS);
  expect(times.thresholds).toEqual([{ value: 75, label: "baseline p95 75\u00a0ms" }]);
  expect(rate.thresholds).toEqual([]);
});

it("describes a run by its tags, note and regressions", () => {
  expect(runWords(trendPointOf("shop", { baseline: true, tags: ["v2", "nightly"] }))).toBe("2026-11-28 14:00 shop (baseline, v2, nightly)");
  expect(runWords(trendPointOf("shop", { ...compared("worse", ["p95_ms", "error_percent"], true), partial: true }))).toBe(
    "2026-11-28 14:00 shop (partial, regression of p95, error rate, throughput differs)",
  );
  expect(runWords(trendPointOf("shop", compared("same")))).toBe("2026-11-28 14:00 shop");
});

it("lists the tags of all runs without duplicates", () => {
  expect(tagsOf([trendPointOf("a", { tags: ["v10", "nightly"] }), trendPointOf("b", { tags: ["v9", "nightly"] })])).toEqual(["nightly", "v9", "v10"]);
});
