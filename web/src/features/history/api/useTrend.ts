import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Trend } from "@/shared/api/types";

/** Runs per request. */
const PAGE_RUNS = 50;

/** A plan's runs with their figures, in total or of one label: newest first, older ones on request. */
export function useTrend(plan: string, label: string | null) {
  return useInfiniteQuery({
    queryKey: keys.trend(plan, label),
    queryFn: ({ pageParam, signal }) => getJson<Trend>(pathOf(plan, label, pageParam), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    select: ({ pages }) => ({ runs: pages.flatMap(({ items }) => items).reverse(), baseline: pages[0]?.baseline ?? null }),
  });
}

function pathOf(plan: string, label: string | null, before: string | null): string {
  const search = new URLSearchParams({ limit: String(PAGE_RUNS) });
  if (label !== null) search.set("label", label);
  if (before !== null) search.set("before", before);
  return `/plans/${plan}/trend?${search.toString()}`;
}

/** The labels that a trend is available for. */
export function usePlanLabels(plan: string) {
  return useQuery({ queryKey: keys.planLabels(plan), queryFn: ({ signal }) => getJson<string[]>(`/plans/${plan}/labels`, signal) });
}
