import { expect, it } from "vitest";
import { timeGrid } from "./timeGrid";

it("has every bucket between the first and the last, in any input order", () => {
  expect(timeGrid([6000, 0, 2000, 2000], 2000, null)).toEqual([0, 2000, 4000, 6000]);
  expect(timeGrid([], 2000, 90_000)).toEqual([]);
});

it("continues while a running test is silent, but not for samples that may still arrive", () => {
  expect(timeGrid([0, 1000], 1000, 6000)).toEqual([0, 1000]);
  expect(timeGrid([0, 1000], 1000, 14_000).at(-1)).toBe(13_000);
});

it("does not fill years", () => {
  expect(timeGrid([0, 1_700_000_000_000], 1000, null)).toHaveLength(2);
});
