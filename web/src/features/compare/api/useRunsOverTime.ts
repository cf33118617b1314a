import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { RunsOverTime } from "@/shared/api/types";

/** One label of several runs over time; null: the totals, which the comparison already has. */
export function useRunsOverTime(runs: string[], label: string | null) {
  return useQuery({
    queryKey: keys.runsOverTime(runs, label ?? ""),
    queryFn: ({ signal }) => getJson<RunsOverTime>(`/compare/series?${new URLSearchParams({ runs: runs.join(","), label: label ?? "" }).toString()}`, signal),
    enabled: label !== null && runs.length > 1,
    staleTime: Infinity,
  });
}
