import { useState } from "react";
import type { Role } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field, Options } from "@/shared/ui/Field";
import { Note } from "@/shared/ui/Note";
import { refusalAt } from "@/shared/ui/refusal";
import { ShownOnce } from "@/shared/ui/ShownOnce";
import { useCreateToken } from "../api/tokens";
import { checkToken, emptyToken, EXPIRIES, SCOPES, scopesFor } from "../tokenForm";

/** Asks for a token's name, scope and expiry; then shows the token, once. */
export function NewTokenDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  const [form, setForm] = useState(() => emptyToken(role));
  const [tried, setTried] = useState(false);
  const create = useCreateToken();
  const { request, fault } = checkToken(form);
  const refused = refusalAt(create.error, "/name", "name_taken");
  if (create.data !== undefined) {
    const { token, view } = create.data;
    return (
      <Dialog title={`Token ${view.name}`} onClose={onClose}>
        <div className="stack confirm">
          <Note tone="good">Created. Copy the token now and keep it like a password; JAC stores only its digest.</Note>
          <ShownOnce label="Token" secret={token} />
          <p className="text-muted">
            Use it as <code>JAC_TOKEN</code> with <code>jac --server {window.location.origin}</code>.{" "}
            {view.expires_ms === null ? "It does not expire." : `It expires ${formatDateTime(view.expires_ms)}.`}
          </p>
        </div>
      </Dialog>
    );
  }
  const submit = () => {
    setTried(true);
    if (request !== null && !create.isPending) create.mutate(request);
  };
  return (
    <Dialog title="New token" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={create.isPending ? "Creating…" : "Create token"} disabled={create.isPending} />}>
      <Field label="Name" help="What uses it, e.g. “nightly CI”." fault={refused ?? (tried ? fault : undefined)}>
        {(attributes) => (
          <input
            {...attributes}
            type="text"
            autoComplete="off"
            value={form.name}
            onChange={(event) => {
              setForm({ ...form, name: event.target.value });
              if (create.isError) create.reset();
            }}
          />
        )}
      </Field>
      <Options
        legend="Scope"
        value={form.scope}
        options={SCOPES.filter(({ scope }) => scopesFor(role).includes(scope)).map(({ scope, word, help }) => ({ value: scope, word, help }))}
        onChange={(scope) => setForm({ ...form, scope })}
      />
      <Field label="Expires after">
        {(attributes) => (
          <select {...attributes} className="form-select" value={String(form.days)} onChange={({ target }) => setForm({ ...form, days: target.value === "null" ? null : Number(target.value) })}>
            {EXPIRIES.map(({ days, word }) => (
              <option key={word} value={String(days)}>
                {word}
              </option>
            ))}
          </select>
        )}
      </Field>
      {create.error !== null && refused === undefined && <ErrorBox error={create.error} />}
    </Dialog>
  );
}
