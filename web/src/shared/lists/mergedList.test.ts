import { expect, it } from "vitest";
import { mergedList } from "./mergedList";

it("is what was entered if nobody else has changed the list", () => {
  expect(mergedList(["a", "b"], ["a", "b"], ["b", "c"])).toEqual(["b", "c"]);
});

it("keeps what another user added, and does not restore what they removed", () => {
  expect(mergedList(["a", "b"], ["a", "b", "c"], ["a", "d"])).toEqual(["a", "d", "c"]);
  expect(mergedList(["a", "b"], ["b"], ["a", "b", "c"])).toEqual(["b", "c"]);
  expect(mergedList(["a", "b"], ["c", "a"], ["a", "b"])).toEqual(["c", "a"]);
});
