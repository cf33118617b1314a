import { MISSING } from "./numbers";
import { fromWallClock, offsetMs, timeZone, wallClock } from "./zone";

/** A duration as text: `42 s`, `3 min 05 s`, `2 h 10 min`, `3 d 4 h`, `5 min`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return MISSING;
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole}\u00a0s`;
  if (whole < 3600) return twoUnits(Math.floor(whole / 60), "min", pad(whole % 60), "s");
  if (whole < 86_400) return twoUnits(Math.floor(whole / 3600), "h", pad(Math.floor((whole % 3600) / 60)), "min");
  return twoUnits(Math.floor(whole / 86_400), "d", String(Math.floor((whole % 86_400) / 3600)), "h");
}

function twoUnits(big: number, bigUnit: string, small: string, smallUnit: string): string {
  const text = `${big}\u00a0${bigUnit}`;
  return Number(small) === 0 ? text : `${text}\u00a0${small}\u00a0${smallUnit}`;
}

/** A duration as a clock: `0:42`, `3:05`, `2:10:00`. */
export function formatClock(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return MISSING;
  const sign = seconds < 0 ? "-" : "";
  const whole = Math.floor(Math.abs(seconds));
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${sign}${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${sign}${minutes}:${pad(whole % 60)}`;
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

/** `14:03:09` in the chosen zone. */
export function formatTime(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  const date = wallClock(ms);
  return `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
}

/** `14:03:09.250`, or with its date on another day than `nearMs`. */
export function formatTimeMsNear(ms: number | null | undefined, nearMs: number): string {
  if (ms === null || ms === undefined) return MISSING;
  return `${formatTimeNear(ms, nearMs)}.${String(new Date(ms).getMilliseconds()).padStart(3, "0")}`;
}

/** `14:03:09` on the day of `nearMs` (usually the start of the run), `2026-11-24 00:00:05` on any other: tests may run past midnight. */
export function formatTimeNear(ms: number | null | undefined, nearMs: number): string {
  if (ms === null || ms === undefined) return MISSING;
  return sameDay(ms, nearMs) ? formatTime(ms) : `${formatDate(ms)} ${formatTime(ms)}`;
}

export function sameDay(ms: number, otherMs: number): boolean {
  return formatDate(ms) === formatDate(otherMs);
}

/** `2026-11-23` in the chosen zone. */
export function formatDate(ms: number): string {
  const date = wallClock(ms);
  return `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
}

/** `2026-11-23 14:03` in the chosen zone. */
export function formatDateTime(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return MISSING;
  return `${formatDate(ms)} ${formatTime(ms).slice(0, 5)}`;
}

/** `just now`, `5 min ago`, `3 h ago`, then the date. */
export function formatAgo(ms: number, nowMs: number): string {
  const seconds = (nowMs - ms) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3570) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return formatDateTime(ms);
}

/** The chosen zone by its offset from UTC at that time: `UTC`, `UTC+2`, `UTC-3:30`. */
export function zoneName(ms: number): string {
  const minutes = Math.round(offsetMs(ms) / 60_000);
  if (minutes === 0) return "UTC";
  const size = Math.abs(minutes);
  const rest = size % 60;
  return `UTC${minutes > 0 ? "+" : "-"}${Math.floor(size / 60)}${rest === 0 ? "" : `:${pad(rest)}`}`;
}

/** The same with the zone's name, if one was chosen: `Europe/Berlin, UTC+2`. */
export function zoneWords(ms: number): string {
  const zone = timeZone();
  return zone === null || zone === "UTC" ? zoneName(ms) : `${zone}, ${zoneName(ms)}`;
}

/** A time in the format of a `datetime-local` input, to the second. */
export function toLocalInput(ms: number): string {
  return wallClock(ms).toISOString().slice(0, 19);
}

/** The entered time as epoch milliseconds; null if it is not a valid time. */
export function fromLocalInput(text: string): number | null {
  const wall = Date.parse(`${text}Z`);
  return Number.isNaN(wall) ? null : fromWallClock(wall);
}
