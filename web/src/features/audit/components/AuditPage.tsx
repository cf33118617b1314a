import { Link } from "react-router";
import type { AuditEntry } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { formatDateTime, formatTimeNear } from "@/shared/format/time";
import type { Column } from "@/shared/tables/tableRows";
import { LoadMore } from "@/shared/lists/LoadMore";
import { TableView } from "@/shared/tables/TableView";
import { Chip } from "@/shared/ui/Chip";
import { Download } from "@/shared/ui/Download";
import { Empty } from "@/shared/ui/Empty";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useNow } from "@/shared/ui/useNow";
import { Waiting } from "@/shared/ui/Waiting";
import { useUrlParameters } from "@/shared/url/useUrlParameters";
import { useAudit } from "../api/useAudit";
import { auditSearch, faultOf, isEmpty, readFilter, writeFilter } from "../auditFilter";
import { actionWords, outcomeChip, pathOf, viaWords } from "../auditWords";
import { AuditForm } from "./AuditForm";

function columnsAt(now: number): Column<AuditEntry>[] {
  return [
    { id: "at", name: "Time", value: (entry) => entry.at_ms, cell: (entry) => <span title={formatDateTime(entry.at_ms)}>{formatTimeNear(entry.at_ms, now)}</span> },
    { id: "person", name: "Person", clip: true, value: (entry) => entry.person?.name ?? null, cell: (entry) => entry.person?.name ?? <span className="text-faint">–</span> },
    { id: "action", name: "Action", value: (entry) => entry.action, cell: (entry) => <span title={entry.action}>{actionWords(entry.action)}</span> },
    { id: "thing", name: "Object", main: true, value: (entry) => entry.thing_name ?? entry.thing, cell: (entry) => <Thing entry={entry} /> },
    { id: "outcome", name: "Outcome", value: (entry) => [entry.outcome, entry.code].filter(Boolean).join(" "), cell: (entry) => <Chip {...outcomeChip(entry)} /> },
    { id: "via", name: "Via", clip: true, spareBelow: 1100, value: viaWords, cell: viaWords },
    { id: "address", name: "Address", spareBelow: 1500, value: (entry) => entry.address, cell: (entry) => entry.address ?? <span className="text-faint">–</span> },
    { id: "details", name: "Details", clip: true, wide: true, spareBelow: 1650, value: detailWords, cell: (entry) => detailWords(entry) || <span className="text-faint">–</span> },
  ];
}

function detailWords({ details }: AuditEntry): string {
  return Object.entries(details)
    .map(([name, value]) => `${name}=${value}`)
    .join(", ");
}

function Thing({ entry }: { entry: AuditEntry }) {
  const path = pathOf(entry);
  const name = entry.thing_name ?? entry.thing;
  if (name === null) return <span className="text-faint">–</span>;
  return (
    <>
      <span className="text-muted">{entry.kind}</span> {path === null ? name : <Link to={path}>{name}</Link>}
    </>
  );
}

/** The trail of all users, for administrators. */
export function AuditPage() {
  return <Trail key="all" everybody />;
}

/** The user's own trail. */
export function OwnActivityPage() {
  return <Trail key="own" everybody={false} />;
}

/** User, action and object of each entry. */
function Trail({ everybody }: { everybody: boolean }) {
  const [parameters, change] = useUrlParameters();
  const filter = readFilter(parameters);
  const search = auditSearch(filter);
  const query = useAudit(everybody ? "/audit" : "/account/audit", faultOf(filter) === undefined ? search : "");
  const now = useNow(60_000);
  const entries = query.data?.pages.flatMap(({ items }) => items);
  const title = everybody ? "Audit trail" : "Your activity";
  const exported = (format: string) => `/audit/export?${new URLSearchParams([["format", format], ...new URLSearchParams(search)]).toString()}`;
  return (
    <>
      <AuditForm key={search} filter={filter} everybody={everybody} onSearch={(next) => change((url) => writeFilter(url, next))} />
      {query.error !== null && !query.isFetchNextPageError && <ErrorBox error={query.error} onRetry={() => void query.refetch()} />}
      {entries === undefined && query.error === null && <Waiting what="Loading the audit trail…" />}
      {entries !== undefined && (
        <TableView
          cards
          name="audit"
          title={title}
          rows={entries}
          columns={columnsAt(now)}
          rowKey={(entry) => String(entry.id)}
          count={(loaded) => (query.hasNextPage ? `${formatCount(loaded)}+` : formatCount(loaded))}
          bare={entries.length === 0}
          none={null}
          filters={null}
          sort={NEWEST}
          onSort={() => undefined}
          sortable={UNSORTABLE}
          visibleRows={22}
          stale={query.isPlaceholderData}
          onNearEnd={() => {
            if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
          }}
          empty={
            <Empty icon="search" title={isEmpty(filter) ? "No entries yet." : "No entries match."}>
              {isEmpty(filter) ? "Sign-ins, changes, rejected requests and failures appear here." : "Loosen the filters."}
            </Empty>
          }
          actions={
            everybody && (
              <>
                <Download className="btn btn-quiet" path={exported("csv")}>
                  Export CSV
                </Download>
                <Download className="btn btn-quiet" path={exported("jsonl")}>
                  Export JSON lines
                </Download>
              </>
            )
          }
          foot={query.hasNextPage && <LoadMore busy={query.isFetchingNextPage} error={query.isFetchNextPageError ? query.error : null} onMore={() => void query.fetchNextPage()} />}
        />
      )}
    </>
  );
}

const NEWEST = { id: "at", desc: true };
const UNSORTABLE = {};
