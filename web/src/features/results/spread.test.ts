import { expect, it } from "vitest";
import type { Entry, Profile, Profiles } from "@/shared/api/types";
import { apdexRows, parts, percentileCurves, spreads, tailPlace } from "./spread";

function profile(satisfied: number, failed: number, percentiles_ms: number[]): Profile {
  return { satisfied, tolerated: 3, frustrated: 1, failed, percentiles_ms, distribution: [] };
}

const profiles: Profiles = {
  percents: [0, 50, 99.9, 100],
  total: profile(14, 2, [1, 10, 90, 100]),
  labels: [
    { label: "a", transaction: false, profile: profile(5, 0, [1, 8, 50, 60]) },
    { label: "b", transaction: false, profile: profile(0, 0, []) },
  ],
};
const all = (chosen: string[]) => spreads(profiles, chosen, (label) => `colour of ${label}`, "total's");

it("shows the total until labels are selected, and leaves out those whose profile is not loaded", () => {
  expect(all([]).map((each) => each.name)).toEqual(["Total"]);
  expect(all(["b", "gone"]).map((each) => each.name)).toEqual(["b"]);
  expect(all(["b", "a"]).map((each) => [each.name, each.colour])).toEqual([
    ["b", "colour of b"],
    ["a", "colour of a"],
  ]);
});

it("draws a curve over percent, or with equal space for each nine", () => {
  expect(percentileCurves(all([]), false).x).toEqual([0, 50, 99.9, 100]);
  const tail = percentileCurves(all([]), true);
  expect(tail.x.map((x) => Math.round(x * 100) / 100)).toEqual([0, 0.3, 3, 5]);
  expect(tail.range).toEqual([0, tailPlace(100)]);
  expect(tail.lines[0]?.values).toEqual([1, 10, 90, 100]);
  expect(percentileCurves(all(["a", "b"]), false).lines.map((line) => line.values)).toEqual([
    [1, 8, 50, 60],
    [null, null, null, null],
  ]);
  expect(percentileCurves(all(["b"]), false).x).toEqual([]);
});

it("counts the satisfied samples", () => {
  expect(parts(profiles.total).map((part) => [part.name, part.count, part.percent])).toEqual([
    ["Satisfied", 14, 70],
    ["Tolerated", 3, 15],
    ["Frustrated", 1, 5],
    ["Failed", 2, 10],
  ]);
  const nothing: Profile = { satisfied: 0, tolerated: 0, frustrated: 0, failed: 0, percentiles_ms: [], distribution: [] };
  expect(parts(nothing).every((part) => part.percent === 0)).toBe(true);
});

it("keeps labels without a profile in the Apdex table", () => {
  const entry = (label: string) => ({ label, samples: 9, apdex: 0.9 }) as Entry;
  expect(apdexRows([entry("a"), entry("rare")], profiles).map((row) => [row.label, row.profile?.satisfied])).toEqual([
    ["a", 5],
    ["rare", undefined],
  ]);
});
