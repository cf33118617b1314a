import { useState } from "react";
import type { SessionView } from "@/shared/api/types";
import { formatAgo, formatDateTime } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { Loaded } from "@/shared/ui/Loaded";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { useNow } from "@/shared/ui/useNow";
import { useEndSession, useSessions } from "../api/sessions";
import { browserName } from "../browserName";

/** Where the user is signed in; every other session can be ended. */
export function SessionList() {
  const sessions = useSessions();
  const end = useEndSession();
  const [ended, setEnded] = useState<SessionView | null>(null);
  const now = useNow(30_000);
  const columns: Column<SessionView>[] = [
    {
      id: "browser",
      name: "Browser",
      main: true,
      value: (session) => browserName(session.user_agent),
      cell: (session) => (
        <>
          <span title={session.user_agent ?? undefined}>{browserName(session.user_agent)}</span> {session.current && <Chip tone="good" word="this session" icon="check-circle" />}
        </>
      ),
    },
    { id: "address", name: "Address", spareBelow: 600, value: (session) => session.address, cell: (session) => session.address ?? <span className="text-faint">–</span> },
    { id: "created", name: "Signed in", numeric: true, spareBelow: 1100, value: (session) => session.created_ms, cell: (session) => formatDateTime(session.created_ms) },
    {
      id: "used",
      name: "Last used",
      numeric: true,
      value: (session) => session.last_used_ms,
      cell: (session) => <span title={formatDateTime(session.last_used_ms)}>{formatAgo(session.last_used_ms, now)}</span>,
    },
    { id: "expires", name: "Expires", numeric: true, spareBelow: 1240, value: (session) => session.expires_ms, cell: (session) => formatDateTime(session.expires_ms) },
    {
      id: "end",
      name: "",
      numeric: true,
      value: () => null,
      cell: (session) =>
        !session.current && (
          <button type="button" className="btn btn-quiet" aria-label={`End session of ${sessionName(session)}`} onClick={() => setEnded(session)}>
            End session…
          </button>
        ),
    },
  ];
  return (
    <>
      <Loaded query={sessions} what="Loading sessions…">
        {(list) => <DataTable name="sessions" cards title="Sessions" rows={list} columns={columns} rowKey={(session) => session.id} initialSort={NEWEST} empty="No sessions." />}
      </Loaded>
      {ended !== null && (
        <RemovalDialog
          verb="End"
          what={`session of ${sessionName(ended)}`}
          request={end}
          onConfirm={() => end.mutate(ended.id, { onSuccess: () => setEnded(null) })}
          onClose={() => {
            end.reset();
            setEnded(null);
          }}
        >
          <p>That browser is signed out at once. Runs that were started from it continue.</p>
        </RemovalDialog>
      )}
    </>
  );
}

/** A session's browser and address. */
function sessionName({ user_agent, address }: SessionView): string {
  return [browserName(user_agent), address].filter(Boolean).join(", ");
}

const NEWEST = { id: "used", desc: true };
