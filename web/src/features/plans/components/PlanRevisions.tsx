import { useState } from "react";
import type { Plan, RevisionView } from "@/shared/api/types";
import { formatBytes, plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { useRights } from "@/shared/session/useSession";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Download } from "@/shared/ui/Download";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Waiting } from "@/shared/ui/Waiting";
import { useRestoreRevision } from "../api/useChangePlan";
import { useRevisions } from "../api/useRevisions";
import { changesWords } from "../revisionWords";
import { CompareRevisions } from "./CompareRevisions";

/** Earlier revisions of the plan's files: who changed them when; each can be downloaded and compared. */
export function PlanRevisions({ plan }: { plan: Plan }) {
  const query = useRevisions(plan.id);
  const [compared, setCompared] = useState<{ from: number; to: number } | null>(null);
  const revisions = query.data ?? [];
  const writes = useRights().mayWrite(plan);
  const restoring = useRestoreRevision(plan.id);
  const [restored, setRestored] = useState<number | null>(null);
  const ask = (revision: number) => {
    restoring.reset();
    setRestored(revision);
  };
  // The page already shows the first one.
  if (plan.revision === 1) return null;
  return (
    <section className="card list-card" aria-label="Revisions of the plan">
      <header className="chart-head">
        <h2>Revisions</h2>
        <span className="chart-unit">each run keeps the revision it used</span>
      </header>
      {query.error !== null && <ErrorBox error={query.error} />}
      {query.isPending && <Waiting what="Loading the revisions…" />}
      <ul className="pairs revisions">
        {revisions.map((revision) => (
          <li key={revision.revision}>
            <span>
              Revision {revision.revision}
              {revision.revision === plan.revision && ", current"}
              <small className="text-muted">{whoAndWhen(revision)}</small>
              <small className="text-muted">{changesWords(revision)}</small>
            </span>
            <span className="file-facts">
              <span>{plural(revision.runs, "run")}</span>
              <span>{formatBytes(revision.bytes)}</span>
              {revision.changes_from !== null && (
                <button
                  type="button"
                  className="btn btn-sm btn-outline-secondary"
                  aria-label={`Compare revision ${revision.revision} with ${revision.changes_from}`}
                  onClick={() => setCompared({ from: revision.changes_from ?? 1, to: revision.revision })}
                >
                  Compare…
                </button>
              )}
              {writes && revision.revision !== plan.revision && (
                <button type="button" className="btn btn-sm btn-outline-secondary" aria-label={`Restore revision ${revision.revision}`} onClick={() => ask(revision.revision)}>
                  Restore…
                </button>
              )}
              <Download path={`/plans/${plan.id}/revisions/${revision.revision}/zip`}>Download</Download>
            </span>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="list-body">
          <button type="button" className="btn btn-sm btn-outline-secondary" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show older revisions
          </button>
        </div>
      )}
      {restored !== null && (
        <ConfirmDialog
          title={`Restore revision ${restored}`}
          cancel="Keep the current files"
          action="Restore"
          tone="primary"
          request={restoring}
          onConfirm={() => restoring.mutate(restored, { onSuccess: () => setRestored(null) })}
          onClose={() => setRestored(null)}
        >
          <p>
            The plan gets the files of revision {restored} again, as revision {plan.revision + 1}. The current files stay as revision {plan.revision}.
          </p>
        </ConfirmDialog>
      )}
      {compared !== null && <CompareRevisions plan={plan} known={revisions} first={compared} onClose={() => setCompared(null)} />}
    </section>
  );
}

function whoAndWhen({ by, created_ms }: RevisionView): string {
  const when = created_ms === null ? "" : formatDateTime(created_ms);
  if (by === null) return when === "" ? "made before revisions were recorded" : when;
  return `${by.name}, ${when}`;
}
