import { useState, type ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import type { CredentialView } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field, Options } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveCredential } from "../api/credentials";
import { checkCredential, emptyCredential, fieldAt, type CredentialFaults, type CredentialField, type CredentialForm } from "../credentialForm";
import { KINDS } from "../credentialWords";
import { AwsPolicy } from "./AwsPolicy";

/** Saves a set, or replaces the secret of one. It always starts empty: the server never returns a secret. */
export function CredentialDialog({ rotates, onClose }: { rotates: CredentialView | null; onClose: () => void }) {
  const [form, setForm] = useState(() => ({ ...emptyCredential(rotates?.kind ?? "aws_keys", rotates?.name ?? ""), roleArn: rotates?.shown["role_arn"] ?? "", region: rotates?.region ?? "" }));
  const [tried, setTried] = useState(false);
  const save = useSaveCredential();
  const { request, faults } = checkCredential(form);
  const aws = form.kind !== "ssh_key";
  // AWS rejected the credentials or was not reached: they can be saved without a test, for example if they become valid later.
  const untested = hasCode(save.error, "credentials_refused") || hasCode(save.error, "credentials_untested");
  const refused = refusedBeside(save.error);
  const shown: CredentialFaults = { ...refused, ...(tried ? faults : {}) };

  const change = (next: CredentialForm) => {
    setForm(next);
    if (save.isError) save.reset();
  };
  const send = (tests: boolean) => {
    setTried(true);
    if (request !== null && !save.isPending) save.mutate({ id: rotates?.id ?? null, credential: request, tests }, { onSuccess: onClose });
  };
  const text = (field: CredentialField, label: string, help: ReactNode, options: { secret?: boolean; placeholder?: string } = {}) => (
    <Field label={label} help={help} fault={shown[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type={options.secret === true ? "password" : "text"}
          // Browsers ignore `off` at a password field, but not `new-password`: they fill in nothing saved.
          autoComplete={options.secret === true ? "new-password" : "off"}
          autoCapitalize="off"
          spellCheck={false}
          placeholder={options.placeholder}
          value={form[field]}
          onChange={(event) => change({ ...form, [field]: event.target.value })}
        />
      )}
    </Field>
  );
  const action = rotates === null ? "Save" : "Rotate";
  return (
    <Dialog
      title={rotates === null ? "Add credentials" : `Rotate ${rotates.name}`}
      onClose={onClose}
      onSubmit={() => send(true)}
      footer={
        <>
          {untested && (
            <button type="button" className="btn btn-quiet" disabled={save.isPending} onClick={() => send(false)}>
              Save without testing
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? (aws ? "Testing…" : "Saving…") : aws ? `Test and ${action.toLowerCase()}` : action} disabled={save.isPending} />
        </>
      }
    >
      {rotates === null ? (
        <Options legend="Kind" value={form.kind} options={KINDS} onChange={(kind) => change({ ...form, kind })} />
      ) : (
        <p className="form-intro text-muted">Replaces the whole secret. Clusters that use {rotates.name} continue with the new one.</p>
      )}
      {text("name", "Name", "How you recognise it, e.g. “load account”.")}
      {form.kind === "aws_role" && (
        <>
          {text("roleArn", "Role to assume", "", { placeholder: "arn:aws:iam::123456789012:role/load" })}
          {text("externalId", "External ID", "If the role’s trust policy requires one.", { placeholder: "optional" })}
        </>
      )}
      {aws && (
        <>
          {text("accessKeyId", "Access key ID", form.kind === "aws_role" ? "Empty: the server’s own credentials assume the role." : "Use an IAM user with JAC’s minimal policy.", {
            placeholder: form.kind === "aws_role" ? "optional" : "AKIA…",
          })}
          {text("secretAccessKey", "Secret access key", "", { secret: true })}
          {text("sessionToken", "Session token", "Required for temporary keys (ASIA…).", { secret: true, placeholder: "only for temporary keys" })}
          {text("region", "Default region", "Used by clusters without a region.", { placeholder: "optional, e.g. eu-central-1" })}
          <AwsPolicy region={form.region.trim()} />
        </>
      )}
      {form.kind === "ssh_key" && (
        <>
          <Field label="Private key" help="The whole file, e.g. ~/.ssh/id_ed25519." fault={shown.privateKey}>
            {(attributes) => (
              <textarea
                {...attributes}
                rows={6}
                wrap="off"
                className={`${attributes.className} key-text`}
                autoComplete="off"
                autoCapitalize="off"
                spellCheck={false}
                placeholder="-----BEGIN OPENSSH PRIVATE KEY-----"
                value={form.privateKey}
                onChange={(event) => change({ ...form, privateKey: event.target.value })}
              />
            )}
          </Field>
          {text("passphrase", "Passphrase", "If the key has one.", { secret: true, placeholder: "optional" })}
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
      {save.error !== null && !untested && Object.keys(refused).length === 0 && <ErrorBox error={save.error} />}
    </Dialog>
  );
}

function refusedBeside(error: Error | null): CredentialFaults {
  const faults = error instanceof ApiError ? error.faults : [];
  const placed: CredentialFaults = {};
  for (const { field: pointer, message } of faults) {
    const field = fieldAt(pointer);
    // Errors without a field are shown in full, with the others.
    if (field === null) return {};
    placed[field] = placed[field] === undefined ? message : `${placed[field]} ${message}`;
  }
  return placed;
}
