import { formatClock, formatDate, formatTimeNear, fromLocalInput } from "@/shared/format/time";

/** A zoomed range in the URL: `FROM-TO`, whole milliseconds since the epoch (or since the start). */
export function parseRange(text: string | null): [number, number] | null {
  const match = /^(\d{1,15})-(\d{1,15})$/.exec(text ?? "");
  if (match === null) return null;
  const range: [number, number] = [Number(match[1]), Number(match[2])];
  return range[0] < range[1] ? range : null;
}

export function writeRange([from, to]: [number, number]): string {
  const start = Math.max(0, Math.floor(from));
  return `${start}-${Math.max(start + 1, Math.ceil(to))}`;
}

/** The time format of a page: the time in the zone, or the time since `originMs`. */
export interface TimeBase {
  base: "clock" | "elapsed";
  originMs: number;
}

export function writeMoment(ms: number, { base, originMs }: TimeBase): string {
  return base === "clock" ? formatTimeNear(ms, originMs) : formatClock((ms - originMs) / 1000);
}

const DAY_MS = 86_400_000;

/** The inverse, for entered text: seconds and the date may be missing; null: not a valid time. A time of day before the start is on the next day. */
export function readMoment(text: string, { base, originMs }: TimeBase): number | null {
  if (base === "elapsed") {
    const [, hours = "0", minutes, seconds] = /^(?:(\d{1,4}):)?(\d{1,4}):([0-5]\d)$/.exec(text.trim()) ?? [];
    return minutes === undefined ? null : originMs + (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  }
  const [, date, hour, rest] = /^(?:(\d{4}-\d\d-\d\d)[ T])?([01]?\d|2[0-3]):([0-5]\d(?::[0-5]\d)?)$/.exec(text.trim()) ?? [];
  if (hour === undefined || rest === undefined) return null;
  const at = (day: string) => fromLocalInput(`${day}T${hour.padStart(2, "0")}:${rest.padEnd(5, ":00")}`);
  if (date !== undefined) return at(date);
  const ms = at(formatDate(originMs));
  return ms === null || ms >= Math.floor(originMs / 1000) * 1000 ? ms : at(formatDate(originMs + DAY_MS));
}
