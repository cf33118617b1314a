/** One metric against another, from the total's points. Pure. */
import type { Point } from "@/shared/api/types";
import type { ChartLine, XyContent } from "@/shared/charts/chartTypes";
import type { ChartColours } from "@/shared/charts/palette";

/** A dot for each bucket: the requests per second that ended in it, and the median response time or mean latency. */
export function againstRate(points: Point[], bucketMs: number, y: "p50_ms" | "latency_ms", colours: ChartColours): XyContent {
  const dots = points
    .flatMap((point) => {
      const value = point[y];
      // A dot is red if more than 1 % of the samples failed.
      return value === null ? [] : [{ x: (point.samples * 1000) / bucketMs, value, bad: point.errors > point.samples / 100 }];
    })
    .sort((a, b) => a.x - b.x);
  const name = y === "p50_ms" ? "Median" : "Latency, mean";
  const lines: ChartLine[] = [
    { key: "good", label: name, values: dots.map((dot) => (dot.bad ? null : dot.value)), colour: colours.received, kind: "dots" },
    { key: "bad", label: "over 1 % failed", values: dots.map((dot) => (dot.bad ? dot.value : null)), colour: colours.error, kind: "dots" },
  ];
  return { x: dots.map((dot) => dot.x), range: null, ticks: null, lines: lines.filter((line) => line.key === "good" || line.values.some((value) => value !== null)) };
}

/** The mean response time of all samples that ended at a given number of active users. */
export function againstUsers(points: Point[], colours: ChartColours): XyContent {
  const groups = new Map<number, { samples: number; sum: number }>();
  for (const { active_users, samples, mean_ms } of points) {
    if (active_users === null || mean_ms === null) continue;
    const group = groups.get(active_users) ?? { samples: 0, sum: 0 };
    group.samples += samples;
    group.sum += mean_ms * samples;
    groups.set(active_users, group);
  }
  const rising = [...groups].sort(([a], [b]) => a - b);
  return {
    whole: true,
    x: rising.map(([users]) => users),
    range: null,
    ticks: null,
    lines: [
      {
        key: "mean",
        label: "Mean",
        values: rising.map(([, group]) => (group.samples === 0 ? null : group.sum / group.samples)),
        colour: colours.users,
        // A single number of users gives a point, not a line.
        kind: rising.length === 1 ? "dots" : "line",
      },
    ],
  };
}
