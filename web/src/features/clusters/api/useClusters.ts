import type { ClusterSummary } from "@/shared/api/types";
import { useFirstRows, usePages } from "@/shared/lists/usePages";

/** Clusters, part after part. */
export function useClusterPages(search: string) {
  return usePages<ClusterSummary>("clusters", search, () => 10_000);
}

/** Enough for a choice of one, and for the prices of what lives. */
export const MOST_LIVING = 200;

/** The clusters that live, the newest first; those beyond the first are left to the list. */
export function useLivingClusters(limit = MOST_LIVING) {
  return useFirstRows<ClusterSummary>("clusters", "ended=false", limit, 10_000);
}
