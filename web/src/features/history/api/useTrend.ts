import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Page, RunSummary } from "@/shared/api/types";
import type { TrendRun } from "../trend";

/** How many runs a trend shows: the newest. */
export const TREND_RUNS = 100;

/** The newest finished runs of a plan that have samples, the oldest first. */
export function useTrend(plan: string) {
  const search = new URLSearchParams({ plan, phase: "finished", sort: "created", order: "desc", limit: String(TREND_RUNS) }).toString();
  return useQuery({
    queryKey: keys.list("runs", search),
    queryFn: ({ signal }) => getJson<Page<RunSummary>>(`/runs?${search}`, signal),
    select: ({ items }) => items.flatMap(trendRun).reverse(),
  });
}

function trendRun({ id, name, created_ms, headline }: RunSummary): TrendRun[] {
  if (headline === null || headline.samples === 0) return [];
  const { p95_ms, rate_per_s, error_percent } = headline;
  return [{ id, name, at_ms: created_ms, median_ms: null, p90_ms: null, p95_ms, p99_ms: null, rate_per_s, error_percent, tags: [], is_baseline: false, change: null }];
}
