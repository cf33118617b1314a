import { useState } from "react";
import { encodePath } from "@/shared/api/client";
import type { Plan, PlanFile } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { useRights } from "@/shared/session/useSession";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { Download } from "@/shared/ui/Download";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { useEditPlan } from "../api/useChangePlan";
import { useDeletePlanFile } from "../api/useDeletePlanFile";
import { UploadArea } from "./UploadArea";

const KIND: Record<PlanFile["kind"], string> = { plan: "plan", data: "data", plugin: "plugin", properties: "properties" };

/** The plan's files: download, remove, add or replace. */
export function PlanFiles({ plan, limits }: { plan: Plan; limits: { max_upload_bytes: number; max_files: number } }) {
  const removal = useDeletePlanFile(plan.id);
  const edit = useEditPlan(plan.id);
  const writes = useRights().mayWrite(plan);
  const [asked, setAsked] = useState<string | null>(null);
  const ask = (path: string) => {
    removal.reset();
    setAsked(path);
  };
  return (
    <section className="card list-card" aria-label="Files of the plan">
      <header className="chart-head">
        <h2>Files</h2>
        <span className="chart-unit">{formatBytes(plan.bytes)}</span>
        <Download className="ms-auto" path={`/plans/${plan.id}/revisions/${plan.revision}/zip`}>
          Download all
        </Download>
      </header>
      <ul className="pairs">
        {plan.files.map((file) => (
          <li key={file.path}>
            <Download path={`/plans/${plan.id}/files/${encodePath(file.path)}`}>{file.path}</Download>
            <span className="file-facts">
              <span>{file.path === plan.main_file ? "main plan" : KIND[file.kind]}</span>
              <span>{formatBytes(file.bytes)}</span>
              {writes && file.kind === "plan" && file.path !== plan.main_file && (
                <button
                  type="button"
                  className="btn btn-sm btn-outline-secondary"
                  disabled={edit.isPending}
                  aria-label={`Run ${file.path} as the main plan`}
                  onClick={() => edit.mutate({ main_file: file.path })}
                >
                  Make main
                </button>
              )}
              {writes && file.path !== plan.main_file && (
                <button type="button" className="btn btn-quiet" aria-label={`Remove ${file.path}`} title="Remove file" onClick={() => ask(file.path)}>
                  <Icon name="trash" />
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      {edit.error !== null && <ErrorBox error={edit.error} />}
      {asked !== null && (
        <RemovalDialog verb="Remove" what={asked} reversible request={removal} onConfirm={() => removal.mutate(asked, { onSuccess: () => setAsked(null) })} onClose={() => setAsked(null)}>
          <p>The file is removed from the plan. Revision {plan.revision} and finished runs keep their copies: restore that revision to have the file again.</p>
        </RemovalDialog>
      )}
      {writes && (
        <div className="list-body">
          <UploadArea planId={plan.id} limits={limits} onDone={() => undefined}>
            Drop files to add them. Files with the same path are replaced.
          </UploadArea>
        </div>
      )}
    </section>
  );
}
