import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { ComparisonReport } from "@/shared/api/types";

/** Compares finished runs, with the first as the baseline; the result never changes. */
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
