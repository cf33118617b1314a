import { useState } from "react";
import type { Role, TokenView } from "@/shared/api/types";
import { formatAgo, formatDateTime } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { useNow } from "@/shared/ui/useNow";
import { useRevokeToken, useTokens } from "../api/tokens";
import { SCOPES } from "../tokenForm";
import { NewTokenDialog } from "./NewTokenDialog";

/** Personal tokens for the shell and for CI. */
export function TokenList({ role }: { role: Role }) {
  const tokens = useTokens();
  const now = useNow(30_000);
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<TokenView | null>(null);
  const columns: Column<TokenView>[] = [
    { id: "name", name: "Token", main: true, value: (token) => token.name, cell: (token) => token.name },
    { id: "scope", name: "Scope", spareBelow: 500, value: (token) => token.scope, cell: (token) => SCOPES.find((each) => each.scope === token.scope)?.word ?? token.scope },
    { id: "created", name: "Created", numeric: true, spareBelow: 800, value: (token) => token.created_ms, cell: (token) => formatDateTime(token.created_ms) },
    {
      id: "used",
      name: "Last used",
      numeric: true,
      spareBelow: 600,
      value: (token) => token.last_used_ms,
      cell: (token) => (token.last_used_ms === null ? <span className="text-faint">never</span> : formatAgo(token.last_used_ms, now)),
    },
    { id: "expires", name: "Expires", numeric: true, value: (token) => token.expires_ms, cell: (token) => <Expiry at={token.expires_ms} now={now} /> },
    {
      id: "revoke",
      name: "",
      numeric: true,
      value: () => null,
      cell: (token) => (
        <button type="button" className="btn btn-quiet" aria-label={`Revoke ${token.name}`} onClick={() => setRevoking(token)}>
          Revoke…
        </button>
      ),
    },
  ];
  const create = (
    <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => setCreating(true)}>
      <Icon name="plus" /> New token
    </button>
  );
  return (
    <>
      <Loaded query={tokens} what="Loading tokens…">
        {(list) => (
          <DataTable
            cards
            name="tokens"
            title="Tokens"
            rows={list}
            columns={columns}
            rowKey={(token) => token.id}
            actions={create}
            empty={
              <>
                No tokens. A token signs in a script or a CI job: <code>jac --server</code> reads it from <code>JAC_TOKEN</code>.
              </>
            }
          />
        )}
      </Loaded>
      {creating && <NewTokenDialog role={role} onClose={() => setCreating(false)} />}
      {revoking !== null && <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function Expiry({ at, now }: { at: number | null; now: number }) {
  if (at === null) return <>never</>;
  return at <= now ? <Chip tone="attention" word="expired" icon="exclamation-triangle" /> : <>{formatDateTime(at)}</>;
}

function RevokeDialog({ token, onClose }: { token: TokenView; onClose: () => void }) {
  const revoke = useRevokeToken();
  return (
    <RemovalDialog verb="Revoke" what={token.name} request={revoke} onConfirm={() => revoke.mutate(token.id, { onSuccess: onClose })} onClose={onClose}>
      <p>Requests with it are rejected from now on. Runs that it started continue.</p>
    </RemovalDialog>
  );
}
