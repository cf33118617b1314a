import { describe, expect, it } from "vitest";
import type { Point } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { frameOf } from "./chartSeries";
import { bytesPerSecond, codesPerSecond, hits, labelRates, totalRates } from "./loadSeries";

const colours = chartColours("light");

function point(t_ms: number, samples: number, errors: number): Point {
  const times = { mean_ms: 10, p50_ms: 8, p90_ms: 20, p95_ms: 30, p99_ms: 40, max_ms: 50, latency_ms: null, connect_ms: null };
  return { t_ms, samples, errors, ...times, received_bytes: 400, sent_bytes: 20, active_users: null };
}

const total = [point(2000, 10, 1), point(4000, 20, 0), point(8000, 4, 4)];
const frame = frameOf(total, 2000, null);

describe("rates per second", () => {
  it("count a hit at its start, even before anything ended", () => {
    const { times, lines } = hits(
      [
        { t_ms: 0, samples: 6 },
        { t_ms: 4000, samples: 2 },
      ],
      total,
      frame,
      colours,
    );
    expect(times).toEqual([0, 2000, 4000, 6000, 8000]);
    expect(lines[0]?.values).toEqual([3, 0, 1, 0, 0]);
  });
  it("draw a code that did not occur as zero, and an empty code as no code", () => {
    const codes = [
      { code: "200", points: [{ t_ms: 2000, samples: 9 }] },
      { code: "", points: [{ t_ms: 8000, samples: 4 }] },
    ];
    const { lines } = codesPerSecond(codes, frame, (slot) => `slot ${slot}`);
    expect(lines.map((line) => [line.label, line.values])).toEqual([
      ["200", [4.5, 0, 0, 0]],
      ["no code", [0, 0, 0, 2]],
    ]);
  });
  it("split the total into passed and failed", () => {
    expect(totalRates(total, frame, colours).lines.map((line) => line.values)).toEqual([
      [4.5, 10, 0, 0],
      [0.5, 0, 0, 2],
    ]);
  });
  it("show a label over the whole test's time", () => {
    const from = [{ key: "a", name: "a", points: [point(4000, 8, 2)], colour: "#aaaaaa" }];
    expect(labelRates(from, "passed", frame, colours).lines[0]?.values).toEqual([0, 3, 0, 0]);
    expect(labelRates(from, "failed", frame, colours).lines[0]?.values).toEqual([0, 1, 0, 0]);
  });
  it("have bytes in both directions for the total, and in one direction for labels", () => {
    const source = { key: "total", name: "Total", points: total, colour: null };
    expect(bytesPerSecond([source], "sent", frame, colours).lines.map((line) => line.values[0])).toEqual([200, 10]);
    expect(bytesPerSecond([{ ...source, colour: "#aaaaaa" }], "sent", frame, colours).lines.map((line) => line.values[0])).toEqual([10]);
  });
});
