import type { Role } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { OptionsField, SelectField, TextField } from "@/shared/forms/fields";
import { useCheckedForm } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { ShownOnce } from "@/shared/ui/ShownOnce";
import { useCreateToken } from "../api/tokens";
import { checkToken, emptyToken, EXPIRIES, SCOPES, scopesFor, tokenFieldOf } from "../tokenForm";

/** Asks for a token's name, scope and expiry; then shows the token, once. */
export function NewTokenDialog({ role, onClose }: { role: Role; onClose: () => void }) {
  const create = useCreateToken();
  const { form, unplaced } = useCheckedForm({ first: emptyToken(role), check: checkToken, sends: create, fieldOf: tokenFieldOf });
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
  const submit = form.handleSubmit((request) => {
    if (!create.isPending) create.mutate(request);
  });
  return (
    <Dialog title="New token" onClose={onClose} onSubmit={submit} footer={<DialogButtons onCancel={onClose} action={create.isPending ? "Creating…" : "Create token"} disabled={create.isPending} />}>
      <TextField form={form} name="name" label="Name" help="What uses it, e.g. “nightly CI”." />
      <OptionsField form={form} name="scope" legend="Scope" options={SCOPES.filter(({ scope }) => scopesFor(role).includes(scope)).map(({ scope, word, help }) => ({ value: scope, word, help }))} />
      <SelectField form={form} name="days" label="Expires after">
        {EXPIRIES.map(({ days, word }) => (
          <option key={days} value={days}>
            {word}
          </option>
        ))}
      </SelectField>
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}
