/** Paths for drawing the users over time. Pure: the server computed the data. */
import type { LoadPoint, LoadShape } from "@/shared/api/types";

/** The drawing's coordinates; it is stretched to its element. */
export const WIDTH = 600;
export const HEIGHT = 120;

/** The line through the points. */
export function linePath(points: LoadPoint[], lengthMs: number, top: number): string {
  return points.map(({ at_ms, users }, index) => `${index === 0 ? "M" : "L"}${round((at_ms / Math.max(1, lengthMs)) * WIDTH)} ${round(HEIGHT - (users / top) * HEIGHT)}`).join("");
}

/** The same, filled down to the axis. */
export function areaPath(points: LoadPoint[], lengthMs: number, top: number): string {
  const last = points.at(-1);
  if (last === undefined) return "";
  return `${linePath(points, lengthMs, top)}L${round((last.at_ms / Math.max(1, lengthMs)) * WIDTH)} ${HEIGHT}L0 ${HEIGHT}Z`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The maximum number of users. */
export function highest(points: LoadPoint[]): number {
  return points.reduce((most, { users }) => Math.max(most, users), 0);
}

/** A line without a known end, so the drawing continues. */
export function isOpen(shape: LoadShape): boolean {
  return shape.groups.some(({ ends }) => ends !== "scheduled");
}
