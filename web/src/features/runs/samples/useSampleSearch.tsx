import { useCallback, useMemo, type ReactNode } from "react";
import type { ShowSamples } from "@/features/results/sampleWhere";
import type { Run } from "@/shared/api/types";
import { parseRange } from "@/shared/charts/timeRange";
import { goTo } from "@/shared/ui/PageIndex";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { filterFor, writeFilter } from "./sampleFilter";
import { SampleSection } from "./SampleSection";

/** A run's sample search: its section of the page, and the links to it from the tables. */
export function useSampleSearch(run: Run): { section: ReactNode; show: ShowSamples } {
  const [, change] = useUrlParameters();
  const show = useCallback<ShowSamples>(
    (where) => {
      change((url) => writeFilter(url, filterFor(where, parseRange(url.get("zoom")))));
      goTo("samples");
    },
    [change],
  );
  const live = run.phase !== "finished";
  return useMemo(() => ({ section: <SampleSection runId={run.id} live={live} />, show }), [run.id, live, show]);
}
