import { expect, it } from "vitest";
import { colourSlots, distinctSlots } from "./palette";

it("gives a label the same colour whatever the order of the labels", () => {
  const one = colourSlots(["home", "cart", "order"]);
  const other = colourSlots(["order", "home", "cart"]);
  expect([...one].sort()).toEqual([...other].sort());
  expect(new Set(one.values()).size).toBe(3);
});

it("keeps ten chosen labels apart although fifty share ten colours", () => {
  const labels = Array.from({ length: 50 }, (_, index) => `label ${index}`);
  const chosen = labels.slice(7, 17);
  expect(new Set(distinctSlots(chosen, colourSlots(labels)).values()).size).toBe(10);
});
