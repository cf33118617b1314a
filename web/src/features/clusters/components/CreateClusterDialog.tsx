import { useState } from "react";
import { useNavigate } from "react-router";
import type { Cluster, ClusterConfig } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field, Switch } from "@/shared/ui/Field";
import { Waiting } from "@/shared/ui/Waiting";
import { useClusterDefaults } from "../api/useClusterDefaults";
import { useCreateCluster } from "../api/useCreateCluster";
import { checkForm, formFrom, type ClusterField } from "../clusterForm";
import { sumWords } from "../clusterWords";

interface Props {
  maxWorkers: number;
  onClose: () => void;
  /** What follows; by default the new cluster's page. */
  onCreated?: (cluster: Cluster) => void;
}

export function CreateClusterDialog(props: Props) {
  const defaults = useClusterDefaults();
  if (defaults.data !== undefined) return <Form {...props} defaults={defaults.data} />;
  return (
    <Dialog title="New cluster" onClose={props.onClose} footer={null}>
      {defaults.error === null ? <Waiting what="Fetching the default configuration…" /> : <ErrorBox error={defaults.error} />}
    </Dialog>
  );
}

function Form({ maxWorkers, onClose, onCreated, defaults }: Props & { defaults: ClusterConfig }) {
  const [form, setForm] = useState(() => formFrom(defaults));
  const [tried, setTried] = useState(false);
  const create = useCreateCluster();
  const navigate = useNavigate();
  const { request, faults } = checkForm(form, maxWorkers);

  const submit = () => {
    setTried(true);
    if (request === null || create.isPending) return;
    create.mutate(request, { onSuccess: (cluster) => (onCreated === undefined ? void navigate(`/clusters/${cluster.id}`) : onCreated(cluster)) });
  };
  const text = (field: ClusterField, label: string, more: { help?: string; unit?: string; placeholder?: string; number?: boolean } = {}) => (
    <Field label={label} help={more.help} {...(more.unit === undefined ? {} : { unit: more.unit })} fault={tried ? faults[field] : undefined}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          inputMode={more.number === true ? "numeric" : "text"}
          placeholder={more.placeholder}
          value={form[field]}
          onChange={(event) => setForm({ ...form, [field]: event.target.value })}
        />
      )}
    </Field>
  );

  return (
    <Dialog
      title="New cluster"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <p className="sum">{request === null ? "Something above needs a look first." : <strong>{sumWords(request.config)}.</strong>}</p>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn btn-primary" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create cluster"}
          </button>
        </>
      }
    >
      {text("name", "Name", { placeholder: "JAC finds one", help: "What you and others recognise it by." })}
      {text("description", "Description", { placeholder: "optional" })}
      {text("workers", "Workers", { number: true, help: "JMeter servers that make the load; the master collects. 0 is the master alone." })}
      {text("heapMb", "Heap of each JMeter", { number: true, unit: "MB", placeholder: "JAC chooses" })}
      <div className="field-pair">
        {text("lifetimeMinutes", "Ends after", { number: true, unit: "minutes", help: "It can be extended while it lives." })}
        {text("idleMinutes", "Ends when idle for", { number: true, unit: "minutes", placeholder: "no limit", help: "Counted from its last run." })}
      </div>
      <Switch
        label="Remove after its run"
        help="Its processes end with its first run. Plans and results stay."
        checked={form.removeAfterRun}
        onChange={(removeAfterRun) => setForm({ ...form, removeAfterRun })}
      />
      {create.error !== null && <ErrorBox error={create.error} />}
    </Dialog>
  );
}
