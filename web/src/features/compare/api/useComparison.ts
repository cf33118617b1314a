import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { ComparisonReport } from "@/shared/api/types";

/** Finished runs beside each other, the first as what the others are compared with; it never changes. */
export function useComparison(runs: string[]) {
  return useQuery({
    queryKey: keys.comparison(runs),
    queryFn: ({ signal }) => getJson<ComparisonReport>(`/compare?${new URLSearchParams({ runs: runs.join(",") }).toString()}`, signal),
    enabled: runs.length >= 2,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
