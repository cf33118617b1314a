import { expect, it } from "vitest";
import { areaPath, highest, isOpen, linePath } from "./loadShape";

const RAMP = [
  { at_ms: 0, users: 0 },
  { at_ms: 5_000, users: 40 },
  { at_ms: 10_000, users: 40 },
  { at_ms: 10_000, users: 0 },
];

it("draws users over time in the drawing's coordinates", () => {
  expect(linePath(RAMP, 10_000, 40)).toBe("M0 120L300 0L600 0L600 120");
  expect(areaPath(RAMP, 10_000, 80)).toBe("M0 120L300 60L600 60L600 120L600 120L0 120Z");
  expect(areaPath([], 0, 1)).toBe("");
});

it("finds the maximum number of users", () => expect(highest(RAMP)).toBe(40));

it("shows whether an end is known", () => {
  const shape = (ends: "scheduled" | "never") => ({ length_ms: 1, total: RAMP, notes: [], groups: [{ name: "a", points: RAMP, ends }] });
  expect([isOpen(shape("scheduled")), isOpen(shape("never"))]).toEqual([false, true]);
});
