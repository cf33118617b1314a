import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { noteDateHeader, noteServerTime, serverNow } from "./serverClock";

const SERVER = Date.UTC(2026, 10, 23, 12);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("continues from the server's time, even if the browser's clock changes", () => {
  noteServerTime(SERVER);
  vi.advanceTimersByTime(5000);
  vi.setSystemTime(SERVER + 7_200_000);
  expect(serverNow()).toBe(SERVER + 5000);
});

it("is corrected by a header that differs by more than a header's rounding", () => {
  noteServerTime(SERVER);
  noteDateHeader(new Date(SERVER + 1000).toUTCString());
  expect(serverNow()).toBe(SERVER);
  noteDateHeader(new Date(SERVER + 60_000).toUTCString());
  expect(serverNow()).toBe(SERVER + 60_500);
  noteDateHeader("soon");
  noteDateHeader(null);
  expect(serverNow()).toBe(SERVER + 60_500);
});
