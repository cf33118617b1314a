import { useState } from "react";
import type { CredentialView, OwnTarget } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Note } from "@/shared/ui/Note";
import { useDeleteTarget, useTestTarget } from "../api/targets";
import { SIGN_INS, signInOf } from "../targetForm";
import { TargetDialog } from "./TargetDialog";

/** One search target: its address, and the layout of samples there. */
export function TargetCard({ target, sets }: { target: OwnTarget; sets: CredentialView[] }) {
  const [asking, setAsking] = useState<"change" | "delete" | null>(null);
  const test = useTestTarget(target.id);
  const removal = useDeleteTarget(target.id);
  const close = () => setAsking(null);
  const signIn = signInOf(target);
  const pairs: [string, string | null | undefined][] = [
    ["Name in shipments", target.id],
    ["Sign in", SIGN_INS.find(({ value }) => value === signIn)?.word],
    ["User name", target.username],
    ["Credentials", target.credentials?.name],
    ["Region", target.aws_region],
    ["Layout", target.settings.layout === "index_per_run" ? "an index for each run" : "data stream"],
    ["Namespace", target.settings.namespace],
    ["Index name", target.settings.index],
    ["Dashboards", target.settings.dashboards_url],
    ["Runs being shipped", target.unfinished === 0 ? null : formatCount(target.unfinished)],
    ["Saved", formatDateTime(target.saved_ms)],
  ];
  return (
    <section className="card list-card" aria-label={target.name}>
      <header className="chart-head">
        <h3>{target.name}</h3>
        <span className="chart-unit">{target.settings.url}</span>
        {target.trouble !== null && <Chip tone="attention" word="failing" icon="exclamation-triangle" />}
        <span className="flex-grow-1" />
        <button type="button" className="btn btn-quiet" disabled={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? "Testing…" : "Test"}
        </button>
        <Menu label={`More about ${target.name}`} quiet>
          <MenuItem consequence="You must enter its secret again." onSelect={() => setAsking("change")}>
            Change…
          </MenuItem>
          <MenuItem danger consequence="Nothing more is shipped there; shipped samples stay." onSelect={() => setAsking("delete")}>
            Delete…
          </MenuItem>
        </Menu>
      </header>
      {target.trouble !== null && (
        <div className="list-body">
          <Note tone="attention">
            <strong>Samples are not arriving.</strong> {target.trouble.message} <code>{target.trouble.code}</code> They are kept on this server and shipped later.
          </Note>
        </div>
      )}
      {test.error !== null && (
        <div className="list-body">
          <ErrorBox error={test.error} />
        </div>
      )}
      {test.data !== undefined && (
        <div className="list-body" role="status">
          <Note tone="good">
            {test.data.server} {test.data.version}. {test.data.notes.join(" ")}
          </Note>
        </div>
      )}
      <ul className="pairs">
        {pairs
          .filter(([, value]) => value != null)
          .map(([name, value]) => (
            <li key={name}>
              <span>{name}</span>
              <span className="pair-value">{value}</span>
            </li>
          ))}
      </ul>
      {asking === "change" && <TargetDialog replaces={target} sets={sets} onClose={close} />}
      {asking === "delete" && (
        <RemovalDialog verb="Delete" what={target.name} request={removal} onConfirm={() => removal.mutate(undefined, { onSuccess: close })} onClose={close}>
          <p>Runs are no longer shipped there. Shipped samples stay there.</p>
        </RemovalDialog>
      )}
    </section>
  );
}
