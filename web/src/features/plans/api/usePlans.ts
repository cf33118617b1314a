import type { PlanSummary } from "@/shared/api/types";
import { useFirstRows } from "@/shared/lists/usePages";

/** Enough for a choice of one. */
export const MOST_PLANS = 200;

/** The newest plans, or those that a text is found in. */
export function usePlans(search = "", limit = MOST_PLANS) {
  return useFirstRows<PlanSummary>("plans", search, limit);
}
