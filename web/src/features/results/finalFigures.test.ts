import { expect, it } from "vitest";
import { entryOf, summaryOf } from "@/test/results";
import { finalFigures } from "./finalFigures";

const changes = (figures: ReturnType<typeof finalFigures>) => figures.flatMap(({ key, change }) => (change === undefined ? [] : [[key, change]]));
const summary = summaryOf([entryOf("Home")], { throughput_per_s: 66, p95_ms: 90, p99_ms: 150, median_ms: 20, error_percent: 2.5 });

it("shows the difference of each figure to the baseline, of a rate in percentage points", () => {
  expect(changes(finalFigures(summary, [], 1000, { baseline: { rate_per_s: 60, p95_ms: 100, p99_ms: 120, p50_ms: null, error_percent: 2 } }))).toEqual([
    ["rate", "+10.0\u00a0% vs. baseline"],
    ["p95", "−10.0\u00a0% vs. baseline"],
    ["p99", "+25.0\u00a0% vs. baseline"],
    ["median", "– vs. baseline"],
    ["errors", "+0.50 points vs. baseline"],
  ]);
});

it("has no differences without a baseline", () => expect(changes(finalFigures(summary, [], 1000))).toEqual([]));
