import { useState, type ReactNode } from "react";
import { ApiError } from "@/shared/api/client";
import type { CredentialView, ResultsStore } from "@/shared/api/types";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveStore } from "../api/stores";
import { checkStore, placedFaults, storeForm, type StoreFaults, type StoreField } from "../storeForm";

interface Props {
  /** The store to edit, whose address stays; null: a new one. */
  changes: ResultsStore | null;
  /** The user's own sets of AWS credentials. */
  sets: CredentialView[];
  onClose: () => void;
}

/** Chooses a bucket for the results of the user's runs, or changes the credentials of one. */
export function StoreDialog({ changes, sets, onClose }: Props) {
  const [form, setForm] = useState(() => storeForm(changes, sets));
  const [tried, setTried] = useState(false);
  const save = useSaveStore();
  const { request, faults } = checkStore(form);
  const placed = save.error instanceof ApiError ? placedFaults(save.error.faults) : null;
  const shown: StoreFaults = { ...placed, ...(tried ? faults : {}) };
  // The store rejected the test: it can be saved without one, for example if the permissions are granted later.
  const untested = hasCode(save.error, "store_refused");

  const change = (field: StoreField, value: string) => {
    setForm({ ...form, [field]: value });
    if (save.isError) save.reset();
  };
  const send = (tests: boolean) => {
    setTried(true);
    if (request !== null && !save.isPending) save.mutate({ id: changes?.id ?? null, store: request, tests }, { onSuccess: onClose });
  };
  const text = (field: StoreField, label: string, help: ReactNode, options: { placeholder?: string; fixed?: boolean } = {}) => (
    <Field label={label} help={help} fault={shown[field]}>
      {(attributes) => (
        <input
          {...attributes}
          type="text"
          autoComplete="off"
          autoCapitalize="off"
          spellCheck={false}
          readOnly={options.fixed === true}
          placeholder={options.placeholder}
          value={form[field]}
          onChange={(event) => change(field, event.target.value)}
        />
      )}
    </Field>
  );
  const fixed = changes !== null;
  return (
    <Dialog
      title={fixed ? "Change the store" : "Store my results"}
      onClose={onClose}
      onSubmit={() => send(true)}
      footer={
        <>
          {untested && (
            <button type="button" className="btn btn-quiet" disabled={save.isPending} onClick={() => send(false)}>
              Save without testing
            </button>
          )}
          <DialogButtons onCancel={onClose} action={save.isPending ? "Testing…" : "Test and save"} disabled={save.isPending} />
        </>
      }
    >
      {text("address", "Address", fixed ? "It contains runs: to use another address, add another store." : "Runs are stored below this prefix.", { placeholder: "s3://my-bucket/load-tests", fixed })}
      <Field label="Credentials" help="Your own, saved under Credentials." fault={shown.credentials}>
        {(attributes) => (
          <select {...attributes} className={attributes.className.replace("form-control", "form-select")} value={form.credentials} onChange={(event) => change("credentials", event.target.value)}>
            <option value="">Choose…</option>
            {sets.map((set) => (
              <option key={set.id} value={set.id}>
                {set.name}
              </option>
            ))}
          </select>
        )}
      </Field>
      {text("region", "Region", "Region of the bucket. Empty: default region of the credentials.", { placeholder: "e.g. eu-central-1" })}
      {text("endpoint", "Endpoint", "For S3-compatible stores. Empty: Amazon S3.", { placeholder: "optional, e.g. https://minio.example", fixed })}
      {text("kmsKey", "KMS key", "Encrypts the objects. Empty: the bucket’s default encryption.", { placeholder: "optional, ID or ARN" })}
      {text("storageClass", "Storage class", "For logs. Empty: the bucket’s default.", { placeholder: "optional, e.g. STANDARD_IA" })}
      {save.isPending && <Waiting what="Testing: writing, reading and deleting a small object." />}
      {save.error !== null && placed === null && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
