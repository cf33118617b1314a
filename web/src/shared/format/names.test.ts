import { expect, it } from "vitest";
import { middleCut } from "./names";

it("keeps the end of a long name, and a short name unchanged", () => {
  expect(middleCut("GET /api/v2/customers/orders/items")).toEqual(["GET /api/v2/customers/orde", "rs/items"]);
  expect(middleCut("Home")).toEqual(["Home", ""]);
});

it("cuts between characters, not within one", () => {
  const [start, end] = middleCut(`${"a".repeat(20)}${"😀".repeat(8)}`);
  expect([start, end]).toEqual(["a".repeat(20), "😀".repeat(8)]);
});
