import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Report } from "@/shared/api/types";

/** A finished run's report; it never changes. */
export function useRunReport(id: string, finished: boolean) {
  return useQuery({
    queryKey: keys.runReport(id),
    queryFn: ({ signal }) => getJson<Report>(`/runs/${id}/report`, signal),
    enabled: finished,
    staleTime: Infinity,
  });
}
