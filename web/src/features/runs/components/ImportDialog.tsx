import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { usePlans } from "@/features/plans/api/usePlans";
import type { UploadProgress } from "@/shared/api/upload";
import { formatBytes } from "@/shared/format/numbers";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { refusalAt } from "@/shared/ui/refusal";
import { useImportRun } from "../api/useImportRun";
import { importFaults } from "../importForm";

const PLANS = "import-plans";

/** Imports result logs as a run. */
export function ImportDialog({ most_bytes, onClose }: { most_bytes: number; onClose: () => void }) {
  const [plan, setPlan] = useState("");
  const [name, setName] = useState("");
  const [files, setFiles] = useState<File[]>([]);
  const [tried, setTried] = useState(false);
  const [progress, setProgress] = useState<UploadProgress | null>(null);
  const abort = useRef<AbortController | null>(null);
  const plans = usePlans("");
  const sending = useImportRun();
  // Not imported again while the run's page loads.
  const busy = sending.isPending || sending.isSuccess;
  const navigate = useNavigate();
  // Closing the dialog cancels the import.
  useEffect(() => () => abort.current?.abort(), []);

  const faults = importFaults({ plan, files }, most_bytes);
  const error = sending.error?.name === "AbortError" ? null : sending.error;
  const planRefusal = refusalAt(error, "/plan");
  const nameRefusal = refusalAt(error, "/name");
  const submit = () => {
    setTried(true);
    if (busy || faults.plan !== undefined || faults.files !== undefined) return;
    abort.current = new AbortController();
    setProgress({ sent_bytes: 0, total_bytes: files.reduce((sum, { size }) => sum + size, 0) });
    sending.mutate(
      { plan, name, files: files.map((file) => ({ path: file.name, file })), onProgress: setProgress, signal: abort.current.signal },
      { onSuccess: (run) => void navigate(`/runs/${run.id}`), onSettled: () => setProgress(null) },
    );
  };
  return (
    <Dialog title="Import logs" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={busy ? "Importing…" : "Import"} disabled={busy} />}>
      <p className="mb-3">A result log that JMeter wrote elsewhere becomes a run, with report, search, comparison and trend. Several logs become one run.</p>
      <Field label="Result logs" help="CSV or XML (.jtl, .csv, .xml), also .gz and .zst, or a zip of them." fault={tried ? faults.files : undefined}>
        {(attributes) => <input {...attributes} type="file" multiple disabled={busy} data-upload="logs" onChange={(event) => setFiles([...(event.target.files ?? [])])} />}
      </Field>
      <Field label="Plan" help="The run appears in this plan’s trend. It need not exist in JAC." fault={(tried ? faults.plan : undefined) ?? planRefusal}>
        {(attributes) => <input {...attributes} type="text" list={PLANS} autoComplete="off" value={plan} onChange={(event) => setPlan(event.target.value)} />}
      </Field>
      <datalist id={PLANS}>
        {plans.data?.items.map(({ id, name }) => (
          <option key={id} value={name} />
        ))}
      </datalist>
      <Field label="Run name" help="Default: the plan’s name." fault={nameRefusal}>
        {(attributes) => <input {...attributes} type="text" autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      {progress !== null && <Sending progress={progress} />}
      {error !== null && planRefusal === undefined && nameRefusal === undefined && <ErrorBox error={error} />}
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
