import { expect, it } from "vitest";
import { legendPlaces } from "./exportChart";

it("wraps a legend that is wider than the chart, and truncates no name", () => {
  expect(legendPlaces([40, 50, 30, 200, 10], 100)).toEqual([
    { x: 0, line: 0 },
    { x: 40, line: 0 },
    { x: 0, line: 1 },
    { x: 0, line: 2 },
    { x: 0, line: 3 },
  ]);
});
