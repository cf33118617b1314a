import { expect, it } from "vitest";
import { niceTop } from "./niceTop";

it("is a round number at or above the highest", () => {
  expect([0, 1, 2, 3, 40, 41, 177, 999, 1_000, 2_400].map(niceTop)).toEqual([1, 1, 2, 3, 40, 50, 200, 1_000, 1_000, 3_000]);
});
