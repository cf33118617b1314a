import { expect, it } from "vitest";
import { clockLabels } from "./uplotOptions";

const seconds = (hour: number, minute: number, day = 23) => new Date(2026, 10, day, hour, minute).getTime() / 1000;

it("shows the date at the first tick of another day", () => {
  const splits = [seconds(23, 58), seconds(23, 59), seconds(0, 0, 24), seconds(0, 1, 24)];
  expect(clockLabels(splits, 60, seconds(23, 50) * 1000)).toEqual(["23:58", "23:59", "11-24 00:00", "00:01"]);
});

it("shows the date at the first tick if the whole visible range is on a later day than the test's start", () => {
  expect(clockLabels([seconds(8, 0, 24), seconds(8, 1, 24)], 60, seconds(23, 50) * 1000)).toEqual(["11-24 08:00", "08:01"]);
});
