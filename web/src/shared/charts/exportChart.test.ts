import { expect, it } from "vitest";
import { legendPlaces } from "./exportChart";

it("breaks a legend into lines where it is wider than the chart, and cuts no single name off", () => {
  expect(legendPlaces([40, 50, 30, 200, 10], 100)).toEqual([
    { x: 0, line: 0 },
    { x: 40, line: 0 },
    { x: 0, line: 1 },
    { x: 0, line: 2 },
    { x: 0, line: 3 },
  ]);
});
