import { useState } from "react";
import type { Share } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Dialog } from "@/shared/ui/Dialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Field } from "@/shared/ui/Field";
import { Loaded } from "@/shared/ui/Loaded";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { absoluteLink, ShownOnce } from "@/shared/ui/ShownOnce";
import { useCreateShare, useRevokeShare, useShares, type Shared } from "../api/shares";

const DAYS = [1, 7, 30, 90];
const USUAL = 7;

/** Creates links that show results to everybody who has them, and revokes them. */
export function ShareDialog({ shared, name, onClose }: { shared: Shared; name: string; onClose: () => void }) {
  const [days, setDays] = useState(USUAL);
  const shares = useShares(shared);
  const create = useCreateShare(shared);
  const [revoked, setRevoked] = useState<Share | null>(null);
  if (revoked !== null) return <RevokeDialog shared={shared} share={revoked} onClose={() => setRevoked(null)} />;
  return (
    <Dialog
      title={`Share ${name}`}
      onClose={onClose}
      onSubmit={() => {
        if (!create.isPending) create.mutate(days);
      }}
    >
      <div className="stack confirm">
        <p>
          Anybody with the link sees {shared.kind === "run" ? "this run’s report" : "this comparison and its runs’ reports"}, read only and without signing in, until the link expires or you revoke it.
        </p>
        <div className="share-new">
          <Field label="Expires after">
            {(attributes) => (
              <select {...attributes} className="form-select" value={days} onChange={({ target }) => setDays(Number(target.value))}>
                {DAYS.map((each) => (
                  <option key={each} value={each}>
                    {each === 1 ? "1 day" : `${each} days`}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <button type="submit" className="btn btn-primary" disabled={create.isPending}>
            {create.isPending ? "Creating…" : "Create link"}
          </button>
        </div>
        {create.error !== null && <ErrorBox error={create.error} />}
        {create.data?.url != null && <ShownOnce label="Share link" secret={absoluteLink(create.data.url)} />}
        <Loaded query={shares} what="Loading links…">
          {(list) => <Links list={list} of={shared} newest={create.data?.id ?? null} onRevoke={setRevoked} />}
        </Loaded>
      </div>
    </Dialog>
  );
}

function RevokeDialog({ shared, share, onClose }: { shared: Shared; share: Share; onClose: () => void }) {
  const revoke = useRevokeShare(shared);
  return (
    <RemovalDialog verb="Revoke" what="this share link" request={revoke} onConfirm={() => revoke.mutate(share.id, { onSuccess: onClose })} onClose={onClose}>
      <p>Whoever has the link that expires {formatDateTime(share.expires_ms)} sees nothing from now on.</p>
    </RemovalDialog>
  );
}

function Links({ list, of, newest, onRevoke }: { list: Share[]; of: Shared; newest: string | null; onRevoke: (share: Share) => void }) {
  if (list.length === 0) return <p className="text-muted">No active links.</p>;
  return (
    <section aria-label="Active links">
      <h3>Active links</h3>
      <ul className="pairs share-links">
        {list.map((share) => (
          <li key={share.id}>
            <span>
              Expires {formatDateTime(share.expires_ms)}
              {share.id === newest && " (the one above)"}
              {of.kind === "run" && share.kind === "comparison" && <small>Shows this run in a comparison of {share.runs.length} runs</small>}
              <small className="text-muted">
                created {formatDateTime(share.created_ms)} by {share.by.name}
              </small>
            </span>
            <button type="button" className="btn btn-quiet" aria-label={`Revoke the link that expires ${formatDateTime(share.expires_ms)}`} onClick={() => onRevoke(share)}>
              Revoke…
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
