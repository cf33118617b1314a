import { useWatch } from "react-hook-form";
import type { CredentialView, OwnTarget } from "@/shared/api/types";
import { CredentialsField } from "@/shared/forms/CredentialsField";
import { LinesField, OptionsField, SecretField, SwitchField, TextField } from "@/shared/forms/fields";
import { useCheckedForm } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveTarget } from "../api/targets";
import { checkTarget, SIGN_INS, targetFieldOf, targetForm, type TargetForm } from "../targetForm";

interface Props {
  /** The target to replace; null: a new one. */
  replaces: OwnTarget | null;
  /** The user's own sets of AWS credentials. */
  sets: CredentialView[];
  onClose: () => void;
}

/** Saves a search target. It always starts without a secret: the server never returns one. */
export function TargetDialog({ replaces, sets, onClose }: Props) {
  const save = useSaveTarget();
  const { form, unplaced } = useCheckedForm({
    first: targetForm(replaces),
    check: (values: TargetForm) => checkTarget(values, replaces?.settings.labels ?? {}),
    sends: save,
    fieldOf: targetFieldOf,
  });
  const [signIn, dashboardsUrl] = useWatch({ control: form.control, name: ["signIn", "dashboardsUrl"] });
  // The target did not answer: it can be saved without a test, for example if it is started later.
  const untested = hasCode(save.error, "search_target_refused");
  const send = (tests: boolean) =>
    form.handleSubmit((target) => {
      if (!save.isPending) save.mutate({ id: replaces?.id ?? null, target, tests }, { onSuccess: onClose });
    });
  return (
    <Dialog
      title={replaces === null ? "Add search target" : `Change ${replaces.name}`}
      onClose={onClose}
      onSubmit={send(true)}
      footer={
        <>
          {untested && (
            <button type="button" className="btn btn-quiet" disabled={save.isPending} onClick={() => void send(false)()}>
              Save without testing
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? "Testing…" : "Test and save"} disabled={save.isPending} />
        </>
      }
    >
      <TextField form={form} name="name" label="Name" help="Lower-case letters, digits and hyphens." />
      <TextField form={form} name="url" label="Address" help="Elasticsearch or OpenSearch." placeholder="https://search.example:9200" />
      <OptionsField form={form} name="signIn" legend="Sign in with" options={SIGN_INS} />
      {signIn === "password" && (
        <>
          <TextField form={form} name="username" label="User name" />
          <SecretField form={form} name="password" label="Password" />
        </>
      )}
      {signIn === "api_key" && <SecretField form={form} name="apiKey" label="API key" />}
      {signIn === "aws" && (
        <>
          <CredentialsField form={form} name="credentials" sets={sets} />
          <TextField form={form} name="awsRegion" label="Region" help="Region of the domain." placeholder="e.g. eu-central-1" />
        </>
      )}
      <SwitchField form={form} name="indexPerRun" label="An index for each run" help="Otherwise one data stream for all runs." />
      <TextField form={form} name="namespace" label="Namespace" help="The last part of the data stream’s or the indices’ name. Empty: default." placeholder="optional" />
      <TextField form={form} name="index" label="Index name" help="Custom name instead of JAC’s." placeholder="optional" />
      <TextField form={form} name="service" label="Service" help="service.name of every document." placeholder="optional" />
      <TextField form={form} name="dashboardsUrl" label="Dashboards" help="The address of Kibana or OpenSearch Dashboards: each run links to it." placeholder="optional, e.g. https://kibana.example" />
      {dashboardsUrl.trim() !== "" && <SwitchField form={form} name="opensearchDashboards" label="OpenSearch Dashboards" help="Otherwise Kibana." />}
      <LinesField form={form} name="caPem" label="Certificate authority" help="PEM. Only if no public authority has signed its certificate." rows={3} placeholder="optional" />
      {save.isPending && <Waiting what="Testing the search target…" />}
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}
