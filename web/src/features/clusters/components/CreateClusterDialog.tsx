import { useNavigate } from "react-router";
import type { Cluster, Info } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { useLiveForm } from "@/shared/forms/useLiveForm";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { useAnswerInView } from "@/shared/ui/faultsInView";
import { Switch } from "@/shared/ui/Field";
import { Waiting } from "@/shared/ui/Waiting";
import { useClusterDefaults } from "../api/useClusterDefaults";
import { checkForm, formFrom, placeFaults, type StartConfig } from "../clusterForm";
import { sumWords } from "../clusterWords";
import { useCreation } from "../useCreation";
import { useCredentialChoices } from "../useCredentialChoices";
import { ClusterFields } from "./ClusterFields";
import { CreateButtons } from "./CreateButtons";
import { ForecastView } from "./ForecastView";
import { FormText } from "./FormText";

interface Props {
  /** The server's capabilities, as far as they are loaded. */
  info: Info | undefined;
  /** A cluster to copy; without it the form has the server's defaults. */
  like?: Cluster;
  onClose: () => void;
  /** Called afterwards; by default opens the new cluster's page. */
  onCreated?: (cluster: Cluster) => void;
}

export function CreateClusterDialog(props: Props) {
  const defaults = useClusterDefaults();
  if (defaults.data !== undefined) return <Form {...props} defaults={defaults.data} />;
  return (
    <Dialog title="New cluster" onClose={props.onClose} footer={null}>
      {defaults.error === null ? <Waiting what="Loading defaults…" tall /> : <ErrorBox error={defaults.error} />}
    </Dialog>
  );
}

function Form({ info, like, onClose, onCreated, defaults }: Props & { defaults: StartConfig }) {
  const providers = info?.providers ?? ["local", "ssh"];
  const first = like === undefined ? formFrom(defaults, providers.includes("local") ? "local" : "ssh") : formFrom({ ...like.config, ec2: like.config.ec2 ?? defaults.ec2 }, like.provider);
  const { values: typed, setValues, tried, submitBy } = useLiveForm(first);
  const choices = useCredentialChoices(typed.provider);
  const form = choices.settle(typed);
  const navigate = useNavigate();
  const { request, faults } = checkForm(form, info?.limits.max_workers ?? 16);
  const creation = useCreation(form.provider, request, (cluster) => (onCreated === undefined ? void navigate(`/clusters/${cluster.id}`) : onCreated(cluster)));
  const refused = placeFaults(creation.refusals, form);

  const body = useAnswerInView(creation.answer);

  const submit = submitBy(() => {
    if (request === null || creation.busy !== null) return;
    if (creation.checksFirst) creation.check();
    else creation.create();
  });
  const untouched = !tried && form.provider === "ssh" && form.hosts.trim() === "";
  const unchosen = !tried && form.provider === "ec2" && form.credentials === "";
  const missing = untouched ? "Enter the hosts." : unchosen ? "Select the credentials." : "Fix the errors above.";
  const price = creation.forecast?.usd_per_hour ?? null;
  const fields = { form, faults: tried ? { ...refused.beside, ...faults } : {}, onChange: setValues };

  return (
    <Dialog
      title="New cluster"
      onClose={onClose}
      onSubmit={submit}
      footer={
        <>
          <p className="sum">
            {request === null || creation.refusals.length > 0 ? missing : <strong>{sumWords(request)}.</strong>}
            {request !== null && price !== null && <> About {formatUsd(price)} an hour.</>}
          </p>
          <CreateButtons creation={creation} onCancel={onClose} />
        </>
      }
    >
      <div ref={body}>
        <ClusterFields info={info} {...fields} choices={choices}>
          <FormText {...fields} field="name" label="Name" placeholder="generated if empty" />
          <FormText {...fields} field="description" label="Description" placeholder="optional" />
        </ClusterFields>
        <Switch
          label="Terminate after run"
          help={form.provider === "ec2" ? "Terminates the machines after the first run. Plans and results are kept." : "Ends the processes after the first run. Plans and results are kept."}
          checked={form.removeAfterRun}
          onChange={(removeAfterRun) => setValues({ ...form, removeAfterRun })}
        />
        {creation.forecast === null || request === null ? <FaultNotes faults={refused.rest} /> : <ForecastView forecast={creation.forecast} faults={refused.rest} request={request} />}
        {creation.error !== null && <ErrorBox error={creation.error} />}
      </div>
    </Dialog>
  );
}
