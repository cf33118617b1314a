import { expect, it } from "vitest";
import { axisTicks, histogramBins } from "./histogramBins";

const bin = (from_ms: number, to_ms: number, samples = 1) => ({ from_ms, to_ms, samples, errors: 0 });

it("keeps the distance between two peaks", () => {
  const { bins, longer } = histogramBins([bin(0, 10, 5), bin(10, 20, 9), bin(480, 490, 7), bin(490, 500, 3)]);
  expect(bins).toHaveLength(50);
  expect(bins.flatMap((each, index) => (each.samples > 0 ? [index] : []))).toEqual([0, 1, 48, 49]);
  expect(longer).toBeNull();
});

it("puts the bin of all longer times separately after the axis", () => {
  const { bins, longer } = histogramBins([bin(5, 10), bin(20, 25), bin(600, 8012)]);
  expect(bins).toHaveLength(120);
  expect(longer?.to_ms).toBe(8012);
});

it("starts at the first bin if all times are long, and has bars of a reasonable width", () => {
  expect(histogramBins([bin(5000, 5100), bin(5400, 5500)]).bins[0]?.from_ms).toBe(5000);
  expect(histogramBins([bin(3, 4)]).bins).toHaveLength(12);
  expect(histogramBins([])).toEqual({ bins: [], longer: null });
});

it("puts axis labels at round numbers", () => {
  expect(axisTicks(0, 495, 6)).toEqual([0, 100, 200, 300, 400]);
  expect(axisTicks(5000, 5500, 5)).toEqual([5000, 5100, 5200, 5300, 5400, 5500]);
});
