import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Run, Trend, TrendPoint } from "@/shared/api/types";

/** The baseline of a run's plan; null: no baseline is set, it is the run itself, or the run is a try run, which has a different load. */
export function useBaseline(run: Run): TrendPoint | null {
  const { data } = useQuery({
    enabled: !run.try_run,
    queryKey: keys.baseline(run.plan.id),
    queryFn: ({ signal }) => getJson<Trend>(`/plans/${run.plan.id}/trend?limit=1`, signal),
  });
  const baseline = data?.baseline ?? null;
  return run.try_run || baseline?.run === run.id ? null : baseline;
}
