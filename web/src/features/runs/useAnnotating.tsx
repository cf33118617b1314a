import { useCallback, useMemo, useState, type ReactNode } from "react";
import { Annotations } from "@/features/results/components/Annotations";
import type { Annotation, Run } from "@/shared/api/types";
import { useRights } from "@/shared/session/useSession";
import { AnnotationDialog } from "./components/AnnotationDialog";

export interface Annotating {
  moments: Annotation[];
  /** Called when a time was picked on a chart; null if the run is read-only. */
  pick: ((ms: number) => void) | null;
  /** It must be inside the charts' timeline. */
  list: ReactNode;
  /** While one is edited; null otherwise. It must be outside what is replaced when the run ends, which would lose what is typed. */
  dialog: ReactNode;
}

/** A run's annotations, and their editing by users who may change the run. `nowMs`: the initial time of a new one. */
export function useAnnotating(run: Run, nowMs: number): Annotating {
  const writes = useRights().mayWrite(run);
  const [edited, setEdited] = useState<Annotation | number | null>(null);
  // The same array until it changes: an active run is a new object each second.
  const written = JSON.stringify(run.annotations);
  const moments = useMemo(() => JSON.parse(written) as Annotation[], [written]);
  const pick = useCallback((ms: number) => setEdited(Math.round(ms)), []);
  return {
    moments,
    pick: writes ? pick : null,
    list: <Annotations annotations={moments} onEdit={writes ? setEdited : null} onAdd={writes ? () => setEdited(nowMs) : null} />,
    dialog: edited !== null && <AnnotationDialog run={run.id} of={edited} onClose={() => setEdited(null)} />,
  };
}
