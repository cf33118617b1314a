/** A part of a run's time: what the figures cover while the charts are zoomed, and where its ramp-up ends. Pure. */
import type { Point, Report } from "@/shared/api/types";

export interface ReportPart {
  /** Of the time in its `interval`, which is an earlier one while the next is loading; null: none is there yet. */
  report: Report | null;
  loading: boolean;
  error: Error | null;
  retry: () => void;
}

export interface RampUp {
  /** When it was over, epoch milliseconds. */
  endMs: number;
  /** How many users were active then. */
  users: number;
}

/** A worker whose count comes a moment late must not move the end of the ramp-up to the end of the run. */
const ALL_USERS = 0.99;

/** The ramp-up ends with the first interval in which as many users were active as ever; null: there was none, or nobody counted them. */
export function rampUpOf(points: Point[]): RampUp | null {
  const most = Math.max(0, ...points.map((point) => point.active_users ?? 0));
  const first = points.findIndex((point) => (point.active_users ?? 0) >= most * ALL_USERS);
  const end = points[first];
  return most === 0 || first < 1 || end === undefined ? null : { endMs: end.t_ms, users: end.active_users ?? most };
}

/** The points of a part of the time. */
export function pointsWithin(points: Point[], bucketMs: number, [from, to]: [number, number]): Point[] {
  return points.filter((point) => point.t_ms + bucketMs > from && point.t_ms < to);
}

/** Whether what is shown is of the time that the link has, as what else was counted of it: the report's part may not be it yet, or could not be counted. */
export function isOfPart(part: ReportPart | null): boolean {
  return part === null || (part.report !== null && !part.loading);
}
