import { expect, it } from "vitest";
import { formatAgo, formatClock, formatDuration, formatTimeMsNear, formatTimeNear } from "./time";

it("formats durations with two units", () => {
  expect(formatDuration(null)).toBe("–");
  expect(formatDuration(59.4)).toBe("59\u00a0s");
  expect(formatDuration(185)).toBe("3\u00a0min\u00a005\u00a0s");
  expect(formatDuration(300)).toBe("5\u00a0min");
  expect(formatDuration(7800)).toBe("2\u00a0h\u00a010\u00a0min");
  expect(formatDuration(90_000)).toBe("1\u00a0d\u00a01\u00a0h");
});

it("formats a clock with minutes even below an hour", () => {
  expect(formatClock(42)).toBe("0:42");
  expect(formatClock(3661)).toBe("1:01:01");
  expect(formatClock(-5)).toBe("-0:05");
});

it("says how long ago something was", () => {
  expect(formatAgo(0, 10_000)).toBe("just now");
  expect(formatAgo(0, 300_000)).toBe("5 min ago");
  expect(formatAgo(0, 7_200_000)).toBe("2 h ago");
});

it("shows the date of a time on another day than the test's start", () => {
  const start = new Date(2026, 10, 23, 23, 59, 58).getTime();
  expect(formatTimeNear(start, start)).toBe("23:59:58");
  expect(formatTimeNear(start + 7000, start)).toBe("2026-11-24 00:00:05");
  expect(formatTimeMsNear(start + 7250, start)).toBe("2026-11-24 00:00:05.250");
  expect(formatTimeNear(null, start)).toBe("–");
});
