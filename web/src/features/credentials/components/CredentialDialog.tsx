import { useWatch } from "react-hook-form";
import type { CredentialView } from "@/shared/api/types";
import { LinesField, OptionsField, SecretField, TextField } from "@/shared/forms/fields";
import { useCheckedForm } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveCredential } from "../api/credentials";
import { checkCredential, credentialFieldOf, emptyCredential } from "../credentialForm";
import { KINDS } from "../credentialWords";
import { AwsPolicy } from "./AwsPolicy";

/** Saves a set, or replaces the secret of one. It always starts empty: the server never returns a secret. */
export function CredentialDialog({ rotates, onClose }: { rotates: CredentialView | null; onClose: () => void }) {
  const save = useSaveCredential();
  const { form, unplaced } = useCheckedForm({
    first: { ...emptyCredential(rotates?.kind ?? "aws_keys", rotates?.name ?? ""), roleArn: rotates?.shown["role_arn"] ?? "", region: rotates?.region ?? "" },
    check: checkCredential,
    sends: save,
    fieldOf: credentialFieldOf,
  });
  const [kind, region] = useWatch({ control: form.control, name: ["kind", "region"] });
  const aws = kind !== "ssh_key";
  // AWS rejected the credentials or was not reached: they can be saved without a test, for example if they become valid later.
  const untested = hasCode(save.error, "credentials_refused") || hasCode(save.error, "credentials_untested");
  const send = (tests: boolean) =>
    form.handleSubmit((credential) => {
      if (!save.isPending) save.mutate({ id: rotates?.id ?? null, credential, tests }, { onSuccess: onClose });
    });
  const action = rotates === null ? "Save" : "Rotate";
  return (
    <Dialog
      title={rotates === null ? "Add credentials" : `Rotate ${rotates.name}`}
      onClose={onClose}
      onSubmit={send(true)}
      footer={
        <>
          {untested && (
            <button type="button" className="btn btn-quiet" disabled={save.isPending} onClick={() => void send(false)()}>
              Save without testing
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? (aws ? "Testing…" : "Saving…") : aws ? `Test and ${action.toLowerCase()}` : action} disabled={save.isPending} />
        </>
      }
    >
      {rotates === null ? (
        <OptionsField form={form} name="kind" legend="Kind" options={KINDS} />
      ) : (
        <p className="form-intro text-muted">Replaces the whole secret. Clusters that use {rotates.name} continue with the new one.</p>
      )}
      <TextField form={form} name="name" label="Name" help="How you recognise it, e.g. “load account”." />
      {kind === "aws_role" && (
        <>
          <TextField form={form} name="roleArn" label="Role to assume" placeholder="arn:aws:iam::123456789012:role/load" />
          <TextField form={form} name="externalId" label="External ID" help="If the role’s trust policy requires one." placeholder="optional" />
        </>
      )}
      {aws && (
        <>
          <TextField
            form={form}
            name="accessKeyId"
            label="Access key ID"
            help={kind === "aws_role" ? "Empty: the server’s own credentials assume the role." : "Use an IAM user with JAC’s minimal policy."}
            placeholder={kind === "aws_role" ? "optional" : "AKIA…"}
          />
          <SecretField form={form} name="secretAccessKey" label="Secret access key" />
          <SecretField form={form} name="sessionToken" label="Session token" help="Required for temporary keys (ASIA…)." placeholder="only for temporary keys" />
          <TextField form={form} name="region" label="Default region" help="Used by clusters without a region." placeholder="optional, e.g. eu-central-1" />
          <AwsPolicy region={region.trim()} />
        </>
      )}
      {kind === "ssh_key" && (
        <>
          <LinesField form={form} name="privateKey" label="Private key" help="The whole file, e.g. ~/.ssh/id_ed25519." rows={6} placeholder="-----BEGIN OPENSSH PRIVATE KEY-----" />
          <SecretField form={form} name="passphrase" label="Passphrase" help="If the key has one." placeholder="optional" />
        </>
      )}
      {save.isPending && aws && <Waiting what="Testing the credentials with AWS. This takes a few seconds." />}
      {untested && save.error !== null && (
        <div role="alert">
          <Note tone="failed">
            <strong>The test failed.</strong> {save.error.message}
          </Note>
        </div>
      )}
      {unplaced !== null && !untested && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}
