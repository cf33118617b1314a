import { useCallback, useMemo, useState, type ReactNode } from "react";
import type { ShowSamples } from "@/features/results/sampleWhere";
import type { Run } from "@/shared/api/types";
import { parseRange } from "@/shared/charts/timeRange";
import { goTo } from "@/shared/ui/PageIndex";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { newDrafts } from "./sampleDraft";
import { filterFor, writeFilter } from "./sampleFilter";
import { SampleSection } from "./SampleSection";

export interface SampleSearch {
  /** Its section of the page. */
  section: ReactNode;
  /** For links from the tables. */
  show: ShowSamples;
}

/** A run's sample search. What is typed stays, even if the section moves to another part of the page, as it does when the run ends. */
export function useSampleSearch(run: Run): SampleSearch {
  const [, change] = useUrlParameters();
  const [draftOf] = useState(newDrafts);
  const [links, setLinks] = useState(0);
  const show = useCallback<ShowSamples>(
    (where) => {
      change((url) => writeFilter(url, filterFor(where, parseRange(url.get("zoom")))));
      setLinks((before) => before + 1);
      goTo("samples");
    },
    [change],
  );
  const live = run.phase !== "finished";
  return useMemo(() => ({ section: <SampleSection runId={run.id} live={live} links={links} draftOf={draftOf} />, show }), [run.id, live, links, draftOf, show]);
}
