import { expect, it } from "vitest";
import type { Point } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { againstRate, againstUsers } from "./relations";

const colours = chartColours("light");

function point(t_ms: number, samples: number, errors: number, p50_ms: number | null, mean_ms: number | null, active_users: number | null): Point {
  const rest = { p90_ms: null, p95_ms: null, p99_ms: null, max_ms: null, latency_ms: null, connect_ms: null, received_bytes: 0, sent_bytes: 0 };
  return { t_ms, samples, errors, p50_ms, mean_ms, active_users, ...rest };
}

const points = [point(0, 200, 0, 30, 40, 10), point(2000, 100, 2, 20, 25, 10), point(4000, 300, 3, 50, 60, 20), point(6000, 1, 0, null, null, 20)];

it("sorts the buckets by rate and separates those with errors", () => {
  const { x, lines } = againstRate(points, 2000, "p50_ms", colours);
  expect(x).toEqual([50, 100, 150]);
  expect(lines.map((line) => line.values)).toEqual([
    [null, 30, 50],
    [20, null, null],
  ]);
});

it("has no red dots without errors, and no dots without latencies", () => {
  expect(againstRate(points.slice(0, 1), 2000, "p50_ms", colours).lines.map((line) => line.key)).toEqual(["good"]);
  expect(againstRate(points, 2000, "latency_ms", colours).x).toEqual([]);
});

it("weights the mean per number of users by samples", () => {
  const { x, lines, whole } = againstUsers(points, colours);
  expect(whole).toBe(true);
  expect(x).toEqual([10, 20]);
  expect(lines[0]?.values).toEqual([35, 60]);
});
