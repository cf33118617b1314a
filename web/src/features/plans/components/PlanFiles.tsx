import { encodePath } from "@/shared/api/client";
import type { Plan, PlanFile } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { useDeletePlanFile } from "../api/useDeletePlanFile";
import { UploadArea } from "./UploadArea";

const KIND: Record<PlanFile["kind"], string> = { plan: "plan", data: "data", plugin: "plugin", properties: "properties" };

/** The plan's files: download, remove, add or replace. */
export function PlanFiles({ plan, limits }: { plan: Plan; limits: { max_upload_bytes: number; max_files: number } }) {
  const removal = useDeletePlanFile(plan.id);
  return (
    <section className="card list-card" aria-label="Files of the plan">
      <header className="chart-head">
        <h3>Files</h3>
        <span className="chart-unit">{formatBytes(plan.bytes)}</span>
      </header>
      <ul className="pairs">
        {plan.files.map((file) => (
          <li key={file.path}>
            <a href={`/api/v1/plans/${plan.id}/files/${encodePath(file.path)}`} download>
              {file.path}
            </a>
            <span className="file-facts">
              <span>{file.path === plan.main_file ? "main plan" : KIND[file.kind]}</span>
              <span>{formatBytes(file.bytes)}</span>
              {plan.can_write && file.path !== plan.main_file && (
                <button type="button" className="btn btn-quiet" aria-label={`Remove ${file.path}`} title="Remove this file" disabled={removal.isPending} onClick={() => removal.mutate(file.path)}>
                  <Icon name="trash" />
                </button>
              )}
            </span>
          </li>
        ))}
      </ul>
      <div className="list-body">
        {removal.error !== null && <ErrorBox error={removal.error} />}
        {plan.can_write && (
          <UploadArea planId={plan.id} limits={limits} onDone={() => undefined}>
            Drop files to add them; one with the same path is replaced.
          </UploadArea>
        )}
      </div>
    </section>
  );
}
