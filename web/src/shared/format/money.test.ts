import { expect, it } from "vitest";
import { costOver, formatUsd } from "./money";

it.each([
  [null, "–"],
  [0, "$0"],
  [0.0001, "<$0.001"],
  [0.097, "$0.097"],
  [0.9996, "$1.00"],
  [1.938, "$1.94"],
  [999.999, "$1,000"],
  [1240.4, "$1,240"],
])("%j US dollars are %s", (dollars, text) => {
  expect(formatUsd(dollars)).toBe(text);
});

it("multiplies known prices only, and no time before the start", () => {
  expect(costOver(0.5, 5400)).toBe(0.75);
  expect(costOver(0.5, -10)).toBe(0);
  expect(costOver(null, 5400)).toBeNull();
});
