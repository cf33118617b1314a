import { useState } from "react";
import type { CredentialView, ResultsStore } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Note } from "@/shared/ui/Note";
import { useLeaveStore, useTestStore } from "../api/stores";
import { StoreDialog } from "./StoreDialog";

/** One store: its address, its credentials, and the number of its runs. */
export function StoreCard({ store, sets }: { store: ResultsStore; sets: CredentialView[] }) {
  const [asking, setAsking] = useState<"change" | "leave" | null>(null);
  const test = useTestStore(store.id);
  const leave = useLeaveStore(store.id);
  const close = () => setAsking(null);
  const pairs: [string, string | null][] = [
    ["Credentials", store.credentials.name],
    ["Region", store.region],
    ["Endpoint", store.endpoint],
    ["KMS key", store.kms_key],
    ["Storage class", store.storage_class],
    ["Runs", formatCount(store.runs)],
    ["Not stored yet", store.waiting === 0 ? null : formatCount(store.waiting)],
    ["Saved", formatDateTime(store.saved_ms)],
  ];
  return (
    <section className="card list-card" aria-label={store.address}>
      <header className="chart-head">
        <h3>{store.address}</h3>
        {store.failed > 0 ? (
          <Chip tone="attention" word="failing" icon="exclamation-triangle" />
        ) : store.is_current ? (
          <Chip tone="good" word="current" icon="check-circle" />
        ) : (
          <Chip tone="ended" word="earlier runs" icon="cloud-upload" />
        )}
        <span className="flex-grow-1" />
        <button type="button" className="btn btn-quiet" disabled={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? "Testing…" : "Test"}
        </button>
        <Menu label={`More about ${store.address}`} quiet>
          <MenuItem consequence="Changes credentials or options; stored runs stay." onSelect={() => setAsking("change")}>
            Change…
          </MenuItem>
          {store.is_current && (
            <MenuItem consequence="Stored runs stay there and are read from there." onSelect={() => setAsking("leave")}>
              Stop using…
            </MenuItem>
          )}
        </Menu>
      </header>
      {store.failed > 0 && (
        <div className="list-body">
          <Note tone="attention">
            <strong>{plural(store.failed, "run")} could not be stored.</strong> {store.trouble?.message} {store.trouble !== null && <code>{store.trouble.code}</code>} The results are complete on this
            server; the upload is retried.
          </Note>
        </div>
      )}
      {test.error !== null && (
        <div className="list-body">
          <ErrorBox error={test.error} />
        </div>
      )}
      {test.isSuccess && (
        <div className="list-body" role="status">
          <Note tone="good">Test passed: JAC can write, read and delete.</Note>
        </div>
      )}
      <ul className="pairs">
        {pairs
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <li key={name}>
              <span>{name}</span>
              <span className="pair-value">{value}</span>
            </li>
          ))}
      </ul>
      {asking === "change" && <StoreDialog changes={store} sets={sets} onClose={close} />}
      {asking === "leave" && (
        <ConfirmDialog title="Stop using this store" action="Stop using" tone="primary" request={leave} onConfirm={() => leave.mutate(undefined, { onSuccess: close })} onClose={close}>
          <p>Your next runs are stored in the server’s store, if it has one. {store.runs > 0 && `Stored runs stay in ${store.address} and are read from there (${plural(store.runs, "run")}).`}</p>
        </ConfirmDialog>
      )}
    </section>
  );
}
