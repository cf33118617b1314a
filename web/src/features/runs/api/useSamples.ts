import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { FoundSamples } from "@/shared/api/types";

/** Samples of a run's log. Those of a finished run never change; those of a live one are searched again on request. */
export function useSamples(runId: string, request: string | null, live: boolean) {
  return useQuery({
    // Results from a part of the log are not those of the complete log.
    queryKey: keys.runSamples(runId, request ?? "", live),
    queryFn: ({ signal }) => getJson<FoundSamples>(`/runs/${runId}/samples?${request ?? ""}`, signal),
    enabled: request !== null,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    retry: false,
  });
}
