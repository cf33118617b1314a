import type { Threshold } from "@/shared/charts/chartTypes";
import { parseCriterion, plainMetric, timeLimit } from "./criteria";

export interface Thresholds {
  times: Threshold[];
  throughput: Threshold[];
  errorRate: Threshold[];
}

/** The criteria that a chart shows as a line: those for the total, or for the selected labels and the shown response time metric. */
export function thresholdsOf(expressions: string[], chosen: string[], shownTime: string): Thresholds {
  const found: Thresholds = { times: [], throughput: [], errorRate: [] };
  for (const expression of expressions) {
    const criterion = parseCriterion(expression);
    if (criterion === null) continue;
    if (criterion.label === null ? chosen.length > 0 : !chosen.includes(criterion.label)) continue;
    const label = `fails if ${expression}`;
    const limit = timeLimit(criterion);
    const metric = plainMetric(criterion.metric);
    if (limit !== null) {
      const shown = metric === "median" ? "p50" : metric;
      if (chosen.length === 0 || `${shown}_ms` === shownTime) found.times.push({ value: limit, label });
    } else if (metric === "throughput") found.throughput.push({ value: criterion.value, label });
    else if (metric === "error_percent" || metric === "error") found.errorRate.push({ value: criterion.value, label });
  }
  return found;
}
