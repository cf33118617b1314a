/**
 * The time zone of all displayed times: that of this computer, UTC, or a named one. Owns the choice, which the browser stores, and the
 * conversion between instants and local times; `time.ts` owns their formats.
 */
import { useSyncExternalStore } from "react";
import { readStored, writeStored } from "@/shared/browser/stored";

/** An IANA name such as `Europe/Berlin`, or `UTC`; null: the zone of this computer. */
export type Zone = string | null;

const KEY = "jac-time-zone";
const listeners = new Set<() => void>();
let zone: Zone = known(readStored(KEY));
let clock = clockOf(zone);

/** Whether this browser knows a zone of that name. */
export function isZone(name: string): boolean {
  try {
    clockOf(name);
    return name !== "";
  } catch {
    return false;
  }
}

function known(name: string | null): Zone {
  return name !== null && isZone(name) ? name : null;
}

function clockOf(name: Zone): Intl.DateTimeFormat | null {
  if (name === null || name === "UTC") return null;
  const two = "2-digit";
  return new Intl.DateTimeFormat("en-US", { timeZone: name, hourCycle: "h23", year: "numeric", month: two, day: two, hour: two, minute: two, second: two });
}

export function timeZone(): Zone {
  return zone;
}

/** Applies to everything that is formatted from now on; pages that show times are rendered again (`useZone`). */
export function chooseZone(name: Zone): void {
  zone = known(name);
  clock = clockOf(zone);
  offsets.clear();
  writeStored(KEY, zone);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useZone(): Zone {
  return useSyncExternalStore(subscribe, timeZone);
}

/** Offsets change at quarters of an hour only. */
const QUARTER_MS = 900_000;
/** About two months of quarters of an hour. */
const MOST_KEPT = 6000;
const offsets = new Map<number, number>();

/** How far the zone's local time is ahead of UTC at that instant, in milliseconds. */
export function offsetMs(ms: number): number {
  if (zone === "UTC") return 0;
  if (clock === null) return -new Date(ms).getTimezoneOffset() * 60_000;
  const quarter = Math.floor(ms / QUARTER_MS);
  let offset = offsets.get(quarter);
  if (offset === undefined) {
    if (offsets.size >= MOST_KEPT) offsets.clear();
    offset = wallMs(clock, quarter * QUARTER_MS) - quarter * QUARTER_MS;
    offsets.set(quarter, offset);
  }
  return offset;
}

/** A local time, as if it were UTC. */
function wallMs(format: Intl.DateTimeFormat, ms: number): number {
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const of = (part: string) => parts[part] ?? 0;
  return Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
}

/** The local time at that instant: its fields are the UTC fields of the date. */
export function wallClock(ms: number): Date {
  return new Date(ms + offsetMs(ms));
}

/** The instant of the local time in the UTC fields; if it occurs twice, at the end of summer time, the second. */
export function fromWallClock(wall: number): number {
  const near = wall - offsetMs(wall);
  return wall - offsetMs(near);
}
