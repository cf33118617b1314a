import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { PlanSamples } from "@/shared/api/types";
import { joined } from "../samples/planSamples";

/** Samples of a plan's runs: of the newest first, of older ones on request. */
export function usePlanSamples(plan: string, request: string | null, keep: "first" | "slowest", limit: number) {
  return useInfiniteQuery({
    queryKey: keys.planSamples(plan, request ?? ""),
    queryFn: ({ pageParam, signal }) => getJson<PlanSamples>(`/plans/${plan}/samples?${request ?? ""}${pageParam === null ? "" : `&after=${encodeURIComponent(pageParam)}`}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    enabled: request !== null,
    staleTime: Infinity,
    placeholderData: keepPreviousData,
    retry: false,
    select: ({ pages }) => joined(pages, keep, limit),
  });
}
