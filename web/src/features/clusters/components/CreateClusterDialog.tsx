import { useState } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "@/shared/api/client";
import type { Cluster, ClusterConfig, Info } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Switch } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useClusterDefaults } from "../api/useClusterDefaults";
import { useCreateCluster } from "../api/useCreateCluster";
import { checkForm, formFrom, placeFaults, type ClusterForm } from "../clusterForm";
import { sumWords } from "../clusterWords";
import { FormText } from "./FormText";
import { MachineFields } from "./MachineFields";
import { ProviderChoice } from "./ProviderChoice";

interface Props {
  /** What the server has, as far as it is known yet. */
  info: Info | undefined;
  /** A cluster to make another one of; by default the form has the server's defaults. */
  like?: Cluster;
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

function Form({ info, like, onClose, onCreated, defaults }: Props & { defaults: ClusterConfig }) {
  const providers = info?.providers ?? ["local", "ssh"];
  const [form, setForm] = useState(() => (like === undefined ? formFrom(defaults, providers.includes("local") ? "local" : "ssh") : formFrom(like.config, like.provider)));
  const [tried, setTried] = useState(false);
  const create = useCreateCluster();
  const navigate = useNavigate();
  const { request, faults } = checkForm(form, info?.limits.max_workers ?? 16);
  // What the server found; with the next change it is about a form that is no more.
  const refused = placeFaults(create.error instanceof ApiError && create.error.code === "cluster_invalid" ? create.error.details : [], form.provider);
  const placed = Object.keys(refused.beside).length + refused.rest.length > 0;

  const change = (changed: ClusterForm) => {
    setForm(changed);
    if (create.isError) create.reset();
  };
  const submit = () => {
    setTried(true);
    if (request === null || create.isPending) return;
    create.mutate(request, { onSuccess: (cluster) => (onCreated === undefined ? void navigate(`/clusters/${cluster.id}`) : onCreated(cluster)) });
  };
  const untouched = !tried && form.provider === "ssh" && form.hosts.trim() === "";
  const missing = untouched ? "Name the machines first." : "Something above needs a look first.";
  const fields = { form, faults: tried ? { ...refused.beside, ...faults } : {}, onChange: change };

  return (
    <Dialog
      title="New cluster"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <p className="sum">{request === null || placed ? missing : <strong>{sumWords(request)}.</strong>}</p>
          <button type="button" className="btn btn-outline-secondary" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" className="btn btn-primary" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create cluster"}
          </button>
        </>
      }
    >
      <ProviderChoice value={form.provider} available={providers} onChange={(provider) => change({ ...form, provider })} />
      {form.provider === "ssh" ? (
        <MachineFields {...fields} />
      ) : (
        <FormText {...fields} field="workers" label="Workers" numeric help="JMeter servers that make the load; the master collects. 0 is the master alone." />
      )}
      <FormText {...fields} field="name" label="Name" placeholder="JAC finds one" help="What you and others recognise it by." />
      <FormText {...fields} field="description" label="Description" placeholder="optional" />
      <FormText {...fields} field="heapMb" label="Heap of each JMeter" numeric unit="MB" placeholder="JAC chooses" />
      <div className="field-pair">
        <FormText {...fields} field="lifetimeMinutes" label="Ends after" numeric unit="minutes" help="It can be extended while it lives." />
        <FormText {...fields} field="idleMinutes" label="Ends when idle for" numeric unit="minutes" placeholder="no limit" help="Counted from its last run." />
      </div>
      <Switch
        label="Remove after its run"
        help="Its processes end with its first run. Plans and results stay."
        checked={form.removeAfterRun}
        onChange={(removeAfterRun) => change({ ...form, removeAfterRun })}
      />
      {refused.rest.map((sentence) => (
        <Note key={sentence} tone="failed">
          {sentence}
        </Note>
      ))}
      {create.error !== null && !placed && <ErrorBox error={create.error} />}
    </Dialog>
  );
}
