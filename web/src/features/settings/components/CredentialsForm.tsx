import { useState, type ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { FaultNotes } from "@/shared/ui/FaultNotes";
import { Field } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { useSaveAwsCredentials } from "../api/useSaveAwsCredentials";
import { checkCredentials, EMPTY, placeRefusals, type CredentialsForm as Typed } from "../credentialsForm";

/** Saves a whole set of credentials in the place of the one that was saved. It always starts empty: no secret comes back from the server. */
export function CredentialsForm({ replaces }: { replaces: boolean }) {
  const [form, setForm] = useState(EMPTY);
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState(false);
  const save = useSaveAwsCredentials();
  const { request, faults } = checkCredentials(form);
  const refused = placeRefusals(save.error instanceof ApiError && save.error.code === "credentials_invalid" ? save.error.details : []);
  const placed = Object.keys(refused.beside).length + refused.rest.length > 0;
  const shown = tried ? { ...refused.beside, ...faults } : {};

  const set = (field: keyof Typed, value: string) => {
    setForm({ ...form, [field]: value });
    setDone(false);
    if (save.isError) save.reset();
  };
  const submit = () => {
    setTried(true);
    if (request === null || save.isPending) return;
    save.mutate(request, {
      onSuccess: () => {
        setForm(EMPTY);
        setTried(false);
        setDone(true);
        // What was sent is not kept.
        save.reset();
      },
    });
  };
  const text = (field: keyof Typed, label: string, placeholder: string, help: ReactNode, secret: "secret" | "open" = "open") => (
    <Field label={label} help={help} fault={shown[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type={secret === "secret" ? "password" : "text"}
          // Browsers pass `off` over at a password field, but not `new-password`: nothing that they know is filled in.
          autoComplete={secret === "secret" ? "new-password" : "off"}
          autoCapitalize="off"
          spellCheck={false}
          placeholder={placeholder}
          value={form[field]}
          onChange={(event) => set(field, event.target.value)}
        />
      )}
    </Field>
  );
  return (
    <section className="card settings-form" aria-label="AWS credentials">
      <header className="chart-head">
        <h3>{replaces ? "Replace AWS credentials" : "Save AWS credentials"}</h3>
      </header>
      <form
        className="list-body"
        noValidate
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {text("accessKeyId", "Access key ID", "AKIA…", "Use an IAM user with JAC’s minimal policy.")}
        {text("secretAccessKey", "Secret access key", "", "Encrypted at rest; never shown again.", "secret")}
        {text("sessionToken", "Session token", "only for temporary keys", "Required for temporary keys (ASIA…). Save new ones when they expire.", "secret")}
        {text("roleArn", "Role to assume", "arn:aws:iam::123456789012:role/load", "Assumed with the key above, or with the server’s environment if there is none.")}
        {text("externalId", "External ID", "optional", "External ID required by the role’s trust policy.", "secret")}
        {text("region", "Default region", "from the server’s environment", "Used by clusters without a region.")}
        <FaultNotes faults={refused.rest} />
        {save.error !== null && !placed && <ErrorBox error={save.error} />}
        {done && <Note tone="good">Saved. Permissions are checked when you create a cluster.</Note>}
        <div className="settings-actions">
          <button type="submit" className="btn btn-primary" disabled={save.isPending}>
            {save.isPending ? "Saving…" : replaces ? "Replace" : "Save"}
          </button>
        </div>
      </form>
    </section>
  );
}
