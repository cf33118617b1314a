import { useCallback, useMemo, useState, type ReactNode } from "react";
import { Annotations } from "@/features/results/components/Annotations";
import type { Annotation, Run } from "@/shared/api/types";
import { useRights } from "@/shared/session/useSession";
import { AnnotationDialog } from "./components/AnnotationDialog";

export interface Annotating {
  moments: Annotation[];
  /** A moment was picked on a chart; null where the run is only looked at. */
  pick: ((ms: number) => void) | null;
  /** The list, and the dialog while one is written. It belongs within the charts' timeline. */
  list: ReactNode;
}

/** What is remarked at moments of a run, and how whoever may change the run does so. `nowMs`: the moment that a new one begins with. */
export function useAnnotating(run: Run, nowMs: number): Annotating {
  const writes = useRights().mayWrite(run);
  const [edited, setEdited] = useState<Annotation | number | null>(null);
  // One array for as long as nothing changes: a run that continues is another object each second.
  const written = JSON.stringify(run.annotations);
  const moments = useMemo(() => JSON.parse(written) as Annotation[], [written]);
  const pick = useCallback((ms: number) => setEdited(Math.round(ms)), []);
  return {
    moments,
    pick: writes ? pick : null,
    list: (
      <>
        <Annotations annotations={moments} onEdit={writes ? setEdited : null} onAdd={writes ? () => setEdited(nowMs) : null} />
        {edited !== null && <AnnotationDialog run={run.id} of={edited} onClose={() => setEdited(null)} />}
      </>
    ),
  };
}
