import { useState } from "react";
import { Link } from "react-router";
import type { CredentialView } from "@/shared/api/types";
import { formatDateTime } from "@/shared/format/time";
import { Chip } from "@/shared/ui/Chip";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { Note } from "@/shared/ui/Note";
import { useTestCredential } from "../api/credentials";
import { kindWord, shownPairs } from "../credentialWords";
import { CredentialDialog } from "./CredentialDialog";
import { DeleteCredentialDialog } from "./DeleteCredentialDialog";

/** One set of credentials: its data, its AWS identity, the clusters that use it. */
export function CredentialCard({ credential }: { credential: CredentialView }) {
  const [asking, setAsking] = useState<"rotate" | "delete" | null>(null);
  const test = useTestCredential();
  const { name, kind, fault, identity, in_use_by: users, stores, search_targets: targets } = credential;
  const needed = [...users, ...stores, ...targets];
  const aws = kind !== "ssh_key";
  const close = () => setAsking(null);
  return (
    <section className="card list-card" aria-label={name}>
      <header className="chart-head">
        <h3>{name}</h3>
        <span className="chart-unit">{kindWord(kind)}</span>
        {aws && <TestChip identity={identity} fault={fault} />}
        <span className="flex-grow-1" />
        {aws && (
          <button type="button" className="btn btn-quiet" disabled={test.isPending} onClick={() => test.mutate(credential.id)}>
            {test.isPending ? "Testing…" : "Test"}
          </button>
        )}
        <Menu label={`More about ${name}`} quiet>
          <MenuItem consequence="Replaces the secret; clusters that use it continue with the new one." onSelect={() => setAsking("rotate")}>
            Rotate…
          </MenuItem>
          <MenuItem
            danger
            disabled={needed.length > 0}
            consequence={needed.length > 0 ? `In use by ${names(needed)}.` : "Removes it from JAC, not from AWS or your machines."}
            onSelect={() => setAsking("delete")}
          >
            Delete…
          </MenuItem>
        </Menu>
      </header>
      {fault !== null && (
        <div className="list-body">
          <Note tone="failed">{fault}</Note>
        </div>
      )}
      {test.error !== null && (
        <div className="list-body">
          <ErrorBox error={test.error} />
        </div>
      )}
      <ul className="pairs">
        {identity !== null && <Pair name="Identity" value={identity} />}
        {shownPairs(credential).map(([each, value]) => (
          <Pair key={each} name={each} value={value} />
        ))}
        <Pair name="Saved" value={formatDateTime(credential.saved_ms)} />
        <li>
          <span>Used by</span>
          <span className="pair-value">
            {needed.length === 0
              ? "no active clusters"
              : users.map((cluster, index) => (
                  <span key={cluster.id}>
                    {index > 0 && ", "}
                    <Link to={`/clusters/${cluster.id}`}>{cluster.name}</Link>
                  </span>
                ))}
            {[...stores.map((store) => ({ ...store, to: "/settings/results" })), ...targets.map((target) => ({ ...target, to: "/settings/search" }))].map((user, index) => (
              <span key={user.id}>
                {users.length + index > 0 && ", "}
                <Link to={user.to}>{user.name}</Link>
              </span>
            ))}
          </span>
        </li>
      </ul>
      {asking === "rotate" && <CredentialDialog rotates={credential} onClose={close} />}
      {asking === "delete" && <DeleteCredentialDialog credential={credential} onClose={close} />}
    </section>
  );
}

function names(users: { name: string }[]): string {
  return users.map(({ name }) => name).join(", ");
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <li>
      <span>{name}</span>
      <span className="pair-value">{value}</span>
    </li>
  );
}

function TestChip({ identity, fault }: Pick<CredentialView, "identity" | "fault">) {
  if (fault !== null) return <Chip tone="failed" word="test failed" icon="x-circle" />;
  return identity === null ? <Chip tone="ended" word="not tested" icon="dash-circle" /> : <Chip tone="good" word="tested" icon="check-circle" />;
}
