import { useEffect, useRef, useState } from "react";
import { useController } from "react-hook-form";
import { useNavigate } from "react-router";
import { usePlans } from "@/features/plans/api/usePlans";
import type { UploadProgress } from "@/shared/api/upload";
import { formatBytes } from "@/shared/format/numbers";
import { TextField } from "@/shared/forms/fields";
import { useCheckedForm } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { useImportRun } from "../api/useImportRun";
import { checkImport, importFieldOf, type ImportForm } from "../importForm";

const PLANS = "import-plans";

/** Imports result logs as a run. */
export function ImportDialog({ most_bytes, onClose }: { most_bytes: number; onClose: () => void }) {
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const abort = useRef<AbortController | null>(null);
  const plans = usePlans("");
  const sending = useImportRun();
  // Not imported again while the run's page loads.
  const busy = sending.isPending || sending.isSuccess;
  const navigate = useNavigate();
  // Closing the dialog cancels the import.
  useEffect(() => () => abort.current?.abort(), []);

  const error = sending.error?.name === "AbortError" ? null : sending.error;
  const { form, unplaced } = useCheckedForm({
    first: { plan: "", name: "", files: [] },
    check: (values: ImportForm) => checkImport(values, most_bytes),
    sends: { error, reset: sending.reset },
    fieldOf: importFieldOf,
  });
  const { field: logs, fieldState } = useController({ control: form.control, name: "files" });
  const send = ({ plan, name, files }: ImportForm) => {
    if (busy) return;
    abort.current = new AbortController();
    setProgress({ sent_bytes: 0, total_bytes: files.reduce((sum, { size }) => sum + size, 0) });
    sending.mutate(
      { plan, name, files: files.map((file) => ({ path: file.name, file })), onProgress: setProgress, signal: abort.current.signal },
      { onSuccess: (run) => void navigate(`/runs/${run.id}`), onSettled: () => setProgress(null) },
    );
  };
  return (
    <Dialog title="Import logs" onClose={onClose} onSubmit={() => form.handleSubmit(send)()} footer={<DialogButtons onCancel={onClose} action={busy ? "Importing…" : "Import"} disabled={busy} />}>
      <p className="mb-3">A result log that JMeter wrote elsewhere becomes a run, with report, search, comparison and trend. Several logs become one run.</p>
      <Field label="Result logs" help="CSV or XML (.jtl, .csv, .xml), also .gz and .zst, or a zip of them." fault={fieldState.error?.message}>
        {(attributes) => <input {...attributes} ref={logs.ref} type="file" multiple disabled={busy} data-upload="logs" onChange={({ target }) => logs.onChange([...(target.files ?? [])])} />}
      </Field>
      <TextField form={form} name="plan" label="Plan" help="The run appears in this plan’s trend. It need not exist in JAC." list={PLANS} />
      <datalist id={PLANS}>
        {plans.data?.items.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
      <TextField form={form} name="name" label="Run name" help="Default: the plan’s name." />
      {progress !== null && <Sending progress={progress} />}
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}

function Sending({ progress: { sent_bytes, total_bytes } }: { progress: UploadProgress }) {
  const share = total_bytes === 0 ? 0 : Math.min(100, (sent_bytes / total_bytes) * 100);
  return (
    <div className="upload-progress" role="status">
      <span>{share >= 100 ? "Reading the logs…" : `Uploading: ${formatBytes(sent_bytes)} of ${formatBytes(total_bytes)}`}</span>
      <div className="progress" role="progressbar" aria-label="Sent" aria-valuenow={Math.round(share)} aria-valuemin={0} aria-valuemax={100}>
        <div className="progress-bar" style={{ width: `${share}%` }} />
      </div>
    </div>
  );
}
