import type { CredentialView, ResultsStore } from "@/shared/api/types";
import { CredentialsField } from "@/shared/forms/CredentialsField";
import { TextField } from "@/shared/forms/fields";
import { useCheckedForm } from "@/shared/forms/useCheckedForm";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { hasCode } from "@/shared/ui/refusal";
import { Waiting } from "@/shared/ui/Waiting";
import { useSaveStore } from "../api/stores";
import { checkStore, storeFieldOf, storeForm } from "../storeForm";

interface Props {
  /** The store to edit, whose address stays; null: a new one. */
  changes: ResultsStore | null;
  /** The user's own sets of AWS credentials. */
  sets: CredentialView[];
  onClose: () => void;
}

/** Chooses a bucket for the results of the user's runs, or changes the credentials of one. */
export function StoreDialog({ changes, sets, onClose }: Props) {
  const save = useSaveStore();
  const { form, unplaced } = useCheckedForm({ first: storeForm(changes, sets), check: checkStore, sends: save, fieldOf: storeFieldOf });
  // The store rejected the test: it can be saved without one, for example if the permissions are granted later.
  const untested = hasCode(save.error, "store_refused");
  const send = (tests: boolean) =>
    form.handleSubmit((store) => {
      if (!save.isPending) save.mutate({ id: changes?.id ?? null, store, tests }, { onSuccess: onClose });
    });
  const fixed = changes !== null;
  return (
    <Dialog
      title={fixed ? "Change the store" : "Store my results"}
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
      <TextField
        form={form}
        name="address"
        label="Address"
        help={fixed ? "It contains runs: to use another address, add another store." : "Runs are stored below this prefix."}
        placeholder="s3://my-bucket/load-tests"
        readOnly={fixed}
      />
      <CredentialsField form={form} name="credentials" sets={sets} />
      <TextField form={form} name="region" label="Region" help="Region of the bucket. Empty: default region of the credentials." placeholder="e.g. eu-central-1" />
      <TextField form={form} name="endpoint" label="Endpoint" help="For S3-compatible stores. Empty: Amazon S3." placeholder="optional, e.g. https://minio.example" readOnly={fixed} />
      <TextField form={form} name="kmsKey" label="KMS key" help="Encrypts the objects. Empty: the bucket’s default encryption." placeholder="optional, ID or ARN" />
      <TextField form={form} name="storageClass" label="Storage class" help="For logs. Empty: the bucket’s default." placeholder="optional, e.g. STANDARD_IA" />
      {save.isPending && <Waiting what="Testing: writing, reading and deleting a small object." />}
      {unplaced !== null && <ErrorBox error={unplaced} />}
    </Dialog>
  );
}
