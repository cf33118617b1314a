import { expect, it } from "vitest";
import type { LabelSeries, LiveLabels } from "@/shared/api/types";
import { pointAt } from "@/test/results";
import { mergeLabels } from "./useLiveLabels";

const series = (label: string, ...seconds: [number, number][]): LabelSeries => ({ label, transaction: false, points: seconds.map(([second, samples]) => pointAt(second * 1000, { samples })) });
const answer = (more: Partial<LiveLabels>): LiveLabels => ({ run_id: "r-1", seq: 2, bucket_ms: 1000, reset: false, labels: [], together: null, ...more });
const KNOWN = { seq: 1, bucketMs: 1000, together: null, series: [series("Login", [0, 4], [1, 5])] };
const counts = (merged: { series: LabelSeries[] }) => merged.series.map((each) => [each.label, each.points.map((point) => point.samples)]);

it("replaces changed points, and adds a label with its first sample", () => {
  const merged = mergeLabels(KNOWN, answer({ labels: [series("Login", [1, 6], [2, 7]), series("Pay", [2, 1])] }));
  expect(merged.seq).toBe(2);
  expect(counts(merged)).toEqual([
    ["Login", [4, 6, 7]],
    ["Pay", [1]],
  ]);
});

it("starts again if the server says so, or if intervals have another width", () => {
  for (const more of [{ reset: true }, { bucket_ms: 2000 }]) expect(counts(mergeLabels(KNOWN, answer({ ...more, labels: [series("Login", [0, 9])] })))).toEqual([["Login", [9]]]);
});
