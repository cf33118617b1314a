import { useState } from "react";
import type { SavedAws } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Icon } from "@/shared/ui/Icon";
import { DeleteCredentialsDialog } from "./DeleteCredentialsDialog";

/** What is saved, as far as it is told: no secret is. */
export function SavedCredentials({ saved }: { saved: SavedAws | null }) {
  const [deleting, setDeleting] = useState(false);
  return (
    <section className="card list-card" aria-label="Saved AWS credentials">
      <header className="chart-head">
        <h3>Saved AWS credentials</h3>
        <span className="flex-grow-1" />
        {saved !== null && (
          <button type="button" className="btn btn-sm btn-stop" onClick={() => setDeleting(true)}>
            <Icon name="trash" /> Delete…
          </button>
        )}
      </header>
      {saved === null ? (
        <div className="list-body">
          <p>None. Clusters on EC2 use the server’s environment: the standard AWS variables, a profile, or the instance role. Save credentials in the form to use others.</p>
        </div>
      ) : (
        <ul className="pairs">
          {pairsOf(saved).map(([name, value]) => (
            <li key={name}>
              <span>{name}</span>
              <span className="pair-value">{value}</span>
            </li>
          ))}
        </ul>
      )}
      {deleting && <DeleteCredentialsDialog onClose={() => setDeleting(false)} />}
    </section>
  );
}

function pairsOf(saved: SavedAws): [string, string][] {
  const pairs: [string, string | null][] = [
    ["Kind", saved.kind === "keys" ? "access key" : "role, assumed with the server’s environment"],
    ["Access key", saved.access_key_id],
    ["Session token", saved.has_session_token ? "saved; it expires with its key" : null],
    ["Role to assume", saved.role_arn],
    ["External ID", saved.has_external_id ? "saved" : null],
    ["Default region", saved.region ?? "from the server’s environment"],
    ["Saved", formatDateTime(saved.saved_ms)],
  ];
  return pairs.filter((pair): pair is [string, string] => pair[1] !== null);
}
