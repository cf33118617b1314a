import type { PlanSummary } from "@/shared/api/types";
import { useFirstRows } from "@/shared/lists/usePages";

/** Enough for choosing one. */
export const MOST_PLANS = 200;

/** The newest plans, or those that match a text. */
export function usePlans(search = "", limit = MOST_PLANS) {
  return useFirstRows<PlanSummary>("plans", search, limit);
}
