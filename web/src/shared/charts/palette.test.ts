import { expect, it } from "vitest";
import { codeSlots, colourSlots, distinctSlots } from "./palette";

it("gives a label the same colour whatever the order of the labels", () => {
  const one = colourSlots(["home", "cart", "order"]);
  const other = colourSlots(["order", "home", "cart"]);
  expect([...one].sort()).toEqual([...other].sort());
  expect(new Set(one.values()).size).toBe(3);
});

it("gives ten selected labels different colours although fifty share ten", () => {
  const labels = Array.from({ length: 50 }, (_, index) => `label ${index}`);
  const chosen = labels.slice(7, 17);
  expect(new Set(distinctSlots(chosen, colourSlots(labels)).values()).size).toBe(10);
});

it("gives codes a colour of their class, and each code its own", () => {
  const slots = codeSlots(["200", "500", "503", "302", "Non HTTP response code: java.net.ConnectException", "404", "201", "(other codes)"]);
  expect(slots.get("200")).toBe(2);
  expect(slots.get("500")).toBe(6);
  expect(slots.get("404")).toBe(1);
  expect(new Set(slots.values()).size).toBe(8);
});
