import { afterEach, expect, it } from "vitest";
import { formatDateTime, formatTime, fromLocalInput, sameDay, toLocalInput, zoneName } from "./time";
import { chooseZone, timeZone } from "./zone";

const JULY = Date.UTC(2026, 6, 1, 22, 30, 5);
const JANUARY = Date.UTC(2026, 0, 1, 22, 30, 5);

afterEach(() => chooseZone(null));

it("formats times in UTC if that is chosen", () => {
  chooseZone("UTC");
  expect([formatDateTime(JULY), formatTime(JULY), zoneName(JULY)]).toEqual(["2026-07-01 22:30", "22:30:05", "UTC"]);
});

it("formats times in a named zone, with summer and winter time", () => {
  chooseZone("Europe/Berlin");
  expect([formatDateTime(JULY), zoneName(JULY)]).toEqual(["2026-07-02 00:30", "UTC+2"]);
  expect([formatDateTime(JANUARY), zoneName(JANUARY)]).toEqual(["2026-01-01 23:30", "UTC+1"]);
  expect(sameDay(JULY, JULY - 3_600_000)).toBe(false);
});

it("supports zones with offsets of partial hours", () => {
  chooseZone("Asia/Kathmandu");
  expect([formatTime(JULY), zoneName(JULY)]).toEqual(["04:15:05", "UTC+5:45"]);
});

it("uses the zone of this computer if the browser does not know the name", () => {
  chooseZone("Atlantis/Capital");
  expect(timeZone()).toBeNull();
});

it.each([null, "UTC", "Europe/Berlin", "America/St_Johns"])("converts a form's time back to the same instant in %s", (zone) => {
  chooseZone(zone);
  for (const ms of [JULY, JANUARY, Date.UTC(2026, 2, 29, 1, 0, 0)]) expect(fromLocalInput(toLocalInput(ms))).toBe(ms);
  expect(fromLocalInput("")).toBeNull();
});
