import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ReportPart } from "@/features/results/reportPart";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Report } from "@/shared/api/types";
import { parseRange } from "@/shared/charts/timeRange";
import { useUrlParameters } from "@/shared/url/useUrlParameters";

/** The report of the time range that the charts are zoomed to, counted by the server from the log; null while they show the whole run. */
export function useReportPart(run: string, whole: Report | undefined): ReportPart | null {
  const [parameters] = useUrlParameters();
  const range = parseRange(parameters.get("zoom"));
  const [from, to] = range ?? [0, 0];
  const asked = range !== null && whole !== undefined && whole.summary.total.samples > 0;
  const query = useQuery({
    queryKey: keys.reportPart(run, from, to),
    queryFn: ({ signal }) => getJson<Report>(`/runs/${run}/report?from_ms=${from}&to_ms=${to}`, signal),
    enabled: asked,
    staleTime: Infinity,
    // The previous time range's figures stay, with their own range shown, until the new ones are loaded.
    placeholderData: keepPreviousData,
  });
  if (!asked) return null;
  return { report: query.data ?? null, loading: query.isFetching, error: query.error, retry: () => void query.refetch() };
}
