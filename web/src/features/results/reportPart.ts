/** A part of a run's time: the time range of the figures while the charts are zoomed, and the end of the ramp-up. Pure. */
import type { Point, Report } from "@/shared/api/types";

export interface ReportPart {
  /** The report of the time range in its `interval`, which is the previous one while the next is loading; null: none is loaded yet. */
  report: Report | null;
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

export interface RampUp {
  /** The end of the ramp-up, epoch milliseconds. */
  endMs: number;
  /** Number of active users then. */
  users: number;
}

/** A worker whose users start a moment late must not move the end of the ramp-up to the end of the run. */
const ALL_USERS = 0.99;

/** The ramp-up ends with the first interval with the maximum number of active users; null: there was none, or users are unknown. */
export function rampUpOf(points: Point[]): RampUp | null {
  const most = Math.max(0, ...points.map((point) => point.active_users ?? 0));
  const first = points.findIndex((point) => (point.active_users ?? 0) >= most * ALL_USERS);
  const end = points[first];
  return most === 0 || first < 1 || end === undefined ? null : { endMs: end.t_ms, users: end.active_users ?? most };
}

/** The points of a time range. */
export function pointsWithin(points: Point[], bucketMs: number, [from, to]: [number, number]): Point[] {
  return points.filter((point) => point.t_ms + bucketMs > from && point.t_ms < to);
}

/** Whether the report shown is of the time range in the URL, as other data of it are: it may still be loading, or have failed. */
export function isOfPart(part: ReportPart | null): boolean {
  return part === null || (part.report !== null && !part.loading);
}
