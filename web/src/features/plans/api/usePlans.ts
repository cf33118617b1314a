import type { PlanSummary } from "@/shared/api/types";
import { useFirstRows, usePages } from "@/shared/lists/usePages";

/** Plans, part after part. */
export function usePlanPages(search: string) {
  return usePages<PlanSummary>("plans", search);
}

/** Enough for a choice of one. */
export const MOST_PLANS = 200;

/** The newest plans, or those that a text is found in. */
export function usePlans(search = "", limit = MOST_PLANS) {
  return useFirstRows<PlanSummary>("plans", search, limit);
}
