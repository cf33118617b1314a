import { expect, it } from "vitest";
import type { ComparedResult, Point } from "@/shared/api/types";
import { errorRate, ofLabel, overlay, p95, rate, type Overlaid } from "./overlay";

function result(name: string, start_ms: number, bucket_ms: number | null, counts: [number, number][]): Overlaid {
  const points = counts.map(([t_ms, samples]) => ({ t_ms, samples, errors: 1, p95_ms: samples }) as Point);
  return { key: name, name, colour: "#000000", result: { name, start_ms, bucket_ms, points } as unknown as ComparedResult };
}

it("starts every result at its own start, and draws a rate of nothing as zero up to its end", () => {
  const content = overlay(
    [
      result("a", 10_250, 1000, [
        [10_000, 5],
        [11_000, 6],
      ]),
      result("b", 77_900, 1000, [
        [77_000, 7],
        [79_000, 8],
      ]),
    ],
    rate,
  );
  expect(content.times).toEqual([0, 1000, 2000]);
  expect(content.lines.map((line) => [line.label, line.values])).toEqual([
    ["a", [5, 6, null]],
    ["b", [7, 0, 8]],
  ]);
});

it("repeats the value of a wide bucket over the narrow ones that it covers", () => {
  const content = overlay(
    [
      result("a", 0, 1000, [
        [0, 5],
        [1000, 6],
        [2000, 7],
      ]),
      result("b", 4000, 2000, [
        [4000, 8],
        [6000, 4],
      ]),
    ],
    rate,
  );
  expect(content.bucketMs).toBe(1000);
  expect(content.times).toEqual([0, 1000, 2000, 3000]);
  expect(content.lines.map((line) => line.values)).toEqual([
    [5, 6, 7, null],
    [4, 4, 2, 2],
  ]);
});

it("leaves a gap if no response time was measured", () => {
  expect(
    overlay(
      [
        result("b", 0, 1000, [
          [0, 7],
          [2000, 8],
        ]),
      ],
      p95,
    ).lines[0]?.values,
  ).toEqual([7, null, 8]);
});

it("leaves out results that are only tables", () => {
  const content = overlay([result("table", 0, null, []), result("b", 0, 1000, [[0, 4]])], errorRate);
  expect(content.lines.map((line) => [line.label, line.values])).toEqual([["b", [25]]]);
  expect(overlay([result("table", 0, null, [])], rate).times).toEqual([]);
});

it("puts a label's points at the time since the run's start, not since the label's first sample", () => {
  const a = result("a", 10_000, 1000, [
    [10_000, 50],
    [11_000, 60],
  ]);
  const run = { ...a, result: { ...a.result, run_id: "r-1" } };
  const points = [{ t_ms: 0, samples: 4, errors: 0, p95_ms: 9 } as Point];
  const series = { label: "Login", runs: [{ run: "r-1", name: "a", start_ms: 12_000, bucket_ms: 1000, points }] };
  expect(overlay(ofLabel([run], series), rate).lines[0]?.values).toEqual([0, 0, 4]);
  expect(overlay(ofLabel([run], series), p95).lines[0]?.values).toEqual([null, null, 9]);
  expect(overlay(ofLabel([run], undefined), rate).times).toEqual([]);
});
