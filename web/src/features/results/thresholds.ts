import type { Threshold } from "@/shared/charts/chartTypes";
import { parseCriterion, plainMetric, timeLimit } from "./criteria";

export interface Thresholds {
  times: Threshold[];
  throughput: Threshold[];
  errorShare: Threshold[];
}

/** The criteria on the total that a chart can show as a line. */
export function thresholdsOf(expressions: string[]): Thresholds {
  const found: Thresholds = { times: [], throughput: [], errorShare: [] };
  for (const expression of expressions) {
    const criterion = parseCriterion(expression);
    if (criterion === null || criterion.label !== null) continue;
    const label = `fails when ${expression}`;
    const limit = timeLimit(criterion);
    const metric = plainMetric(criterion.metric);
    if (limit !== null) found.times.push({ value: limit, label });
    else if (metric === "throughput") found.throughput.push({ value: criterion.value, label });
    else if (metric === "error_percent") found.errorShare.push({ value: criterion.value, label });
  }
  return found;
}
