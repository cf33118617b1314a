import { expect, it } from "vitest";
import { chartColours } from "@/shared/charts/palette";
import { runWords, trendCharts, type TrendRun } from "./trend";

const run = (id: string, more: Partial<TrendRun> = {}): TrendRun => ({ id, name: id, at_ms: new Date(2026, 10, 28, 14, 0).getTime(), median_ms: 20, p90_ms: 60, p95_ms: 80, p99_ms: 120, rate_per_s: 50, error_percent: 0, tags: [], is_baseline: false, change: null, ...more });
const COLOURS = chartColours("light");
const lines = (content: { lines: { key: string; values: (number | null)[] }[] }) => Object.fromEntries(content.lines.map(({ key, values }) => [key, values]));

it("has a place for each run, and gaps where a figure is missing", () => {
  const { times, rate, errors } = trendCharts([run("a"), run("b", { p99_ms: null, rate_per_s: 40 })], null, COLOURS);
  expect(times.x).toEqual([0, 1]);
  expect(lines(times)).toEqual({ median_ms: [20, 20], p90_ms: [60, 60], p95_ms: [80, 80], p99_ms: [120, null] });
  expect(lines(rate)).toEqual({ rate: [50, 40] });
  expect(lines(errors)).toEqual({ errors: [0, 0] });
});

it("marks what is worse, in whole or in part, and nothing else", () => {
  const runs = [run("a", { change: "worse", p95_ms: 90, error_percent: 2 }), run("b", { change: "better" }), run("c", { change: "mixed" }), run("d", { change: "unclear" })];
  const charts = trendCharts(runs, null, COLOURS);
  expect(lines(charts.times)["regression"]).toEqual([90, null, 80, null]);
  expect(lines(charts.errors)["regression"]).toEqual([2, null, 0, null]);
  expect(lines(charts.rate)["regression"]).toBeUndefined();
});

it("draws the baseline as a line with its figure, where it has one", () => {
  const { times, rate } = trendCharts([run("a")], run("base", { is_baseline: true, p95_ms: 75, rate_per_s: null }), COLOURS);
  expect(times.thresholds).toEqual([{ value: 75, label: "baseline p95 75\u00a0ms" }]);
  expect(rate.thresholds).toEqual([]);
});

it("says of a run what people and tests said of it", () => {
  expect(runWords(run("shop", { is_baseline: true, tags: ["v2", "nightly"] }))).toBe("2026-11-28 14:00 shop (baseline, v2, nightly)");
  expect(runWords(run("shop", { change: "worse" }))).toBe("2026-11-28 14:00 shop (worse)");
  expect(runWords(run("shop", { change: "same" }))).toBe("2026-11-28 14:00 shop");
});
