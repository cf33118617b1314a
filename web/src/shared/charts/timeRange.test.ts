import { expect, it } from "vitest";
import { parseRange, readMoment, writeMoment, writeRange } from "./timeRange";

it("reads what it wrote", () => {
  expect(parseRange(writeRange([1_700_000_000_000.4, 1_700_000_060_000.2]))).toEqual([1_700_000_000_000, 1_700_000_060_001]);
  expect(parseRange(writeRange([-20, 900]))).toEqual([0, 900]);
});

it.each([null, "", "5", "5-", "9-5", "5-5", "a-b", "1-2-3"])("%s is no zoom", (text) => expect(parseRange(text)).toBeNull());

const EVENING = new Date(2026, 10, 23, 23, 50, 0, 400).getTime();
const clock = { base: "clock", originMs: EVENING } as const;
const elapsed = { base: "elapsed", originMs: EVENING } as const;

it.each([
  ["23:55", 5 * 60_000 - 400],
  ["23:50:00", -400],
  // After midnight.
  ["0:05:10", 15 * 60_000 + 10_000 - 400],
  ["2026-11-24 00:05:10", 15 * 60_000 + 10_000 - 400],
])("parses the time of day %s as the time after the start", (text, after) => expect(readMoment(text, clock)).toBe(EVENING + after));

it("parses times since the start, also as it formats them", () => {
  expect(readMoment("5:30", elapsed)).toBe(EVENING + 330_000);
  expect(readMoment("1:00:00", elapsed)).toBe(EVENING + 3_600_000);
  for (const how of [clock, elapsed]) expect(readMoment(writeMoment(EVENING + 900_600, how), how)).toBe(EVENING + (how === clock ? 900_600 : 900_000));
});

it.each(["", "noon", "24:00", "12:60", "5"])("rejects %j as a time", (text) => {
  expect(readMoment(text, clock)).toBeNull();
  if (text !== "24:00") expect(readMoment(text, elapsed)).toBeNull();
});
