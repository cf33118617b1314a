import type { ClusterSummary } from "@/shared/api/types";
import { useFirstRows, usePages } from "@/shared/lists/usePages";

/** Clusters, page by page. */
export function useClusterPages(search: string) {
  return usePages<ClusterSummary>("clusters", search, () => 10_000);
}

/** Enough for choosing one, and for the prices of existing ones. */
export const MOST_LIVING = 200;

/** Existing clusters, newest first; only the list has those beyond the first page. */
export function useLivingClusters(limit = MOST_LIVING) {
  return useFirstRows<ClusterSummary>("clusters", "ended=false", limit, 10_000);
}
