import { useQuery } from "@tanstack/react-query";
import { getJson } from "@/shared/api/client";
import { keys } from "@/shared/api/keys";
import type { Entry, Report } from "@/shared/api/types";
import { parseRange } from "@/shared/charts/timeRange";
import { useUrlParameters } from "@/shared/url/useUrlParameters";

interface Together {
  /** null: unknown, or fewer than two labels. */
  entry: Entry | null;
  error: Error | null;
  retry: () => void;
}

/** The labels selected in the URL counted as one, in the time range that it is zoomed to, from the log. */
export function useLabelsTogether(run: string, report: Report | undefined): Together {
  const [parameters] = useUrlParameters();
  const range = parseRange(parameters.get("zoom"));
  const known = new Set(report?.summary.labels.map((each) => each.label));
  const chosen = parameters.getAll("label").filter((label) => known.has(label));
  const labels = JSON.stringify(chosen);
  const within = range === null ? "" : `&from_ms=${range[0]}&to_ms=${range[1]}`;
  const query = useQuery({
    queryKey: keys.labelsTogether(run, labels, range),
    queryFn: ({ signal }) => getJson<Entry | null>(`/runs/${run}/labels-together?labels=${encodeURIComponent(labels)}${within}`, signal),
    enabled: chosen.length > 1,
    staleTime: Infinity,
  });
  const asked = chosen.length > 1;
  return { entry: asked ? (query.data ?? null) : null, error: asked ? query.error : null, retry: () => void query.refetch() };
}
