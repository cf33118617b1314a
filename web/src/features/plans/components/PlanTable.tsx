import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { PlanSummary } from "@/shared/api/types";
import { formatBytes, formatCount } from "@/shared/format/numbers";
import { formatAgo, formatDateTime } from "@/shared/format/time";
import { ListTable } from "@/shared/lists/ListTable";
import { useList } from "@/shared/lists/useList";
import type { Column } from "@/shared/tables/tableRows";
import { CutLink } from "@/shared/ui/MiddleCut";
import { useNow } from "@/shared/ui/useNow";

function columnsAt(now: number): Column<PlanSummary>[] {
  return [
    { id: "name", name: "Plan", main: true, value: (plan) => plan.name, cell: (plan) => <CutLink to={`/plans/${plan.id}`} text={plan.name} /> },
    { id: "file", name: "File", clip: true, spareBelow: 700, value: (plan) => plan.main_file, cell: (plan) => plan.main_file },
    { id: "files", name: "Files", numeric: true, value: (plan) => plan.files, cell: (plan) => formatCount(plan.files) },
    { id: "bytes", name: "Size", numeric: true, value: (plan) => plan.bytes, cell: (plan) => formatBytes(plan.bytes) },
    { id: "owner", name: "Owner", clip: true, spareBelow: 900, value: (plan) => plan.owner.name, cell: (plan) => plan.owner.name },
    { id: "team", name: "Team", clip: true, optional: true, value: (plan) => plan.team?.name ?? null, cell: (plan) => plan.team?.name ?? <span className="text-faint">–</span> },
    { id: "runs", name: "Runs", numeric: true, value: (plan) => plan.runs, cell: (plan) => formatCount(plan.runs) },
    {
      id: "last",
      name: "Last run",
      numeric: true,
      value: (plan) => plan.last_run?.created_ms ?? null,
      cell: (plan) => (plan.last_run === null ? <span className="text-faint">never</span> : <Link to={`/runs/${plan.last_run.id}`}>{formatAgo(plan.last_run.created_ms, now)}</Link>),
    },
    {
      id: "created",
      name: "Uploaded",
      numeric: true,
      value: (plan) => plan.created_ms,
      cell: (plan) => <span title={formatDateTime(plan.created_ms)}>{formatAgo(plan.created_ms, now)}</span>,
    },
  ];
}

const ORDERS = { name: "name", last: "last_run", created: "created" };

export function PlanTable({ empty }: { empty: ReactNode }) {
  const navigate = useNavigate();
  const now = useNow(10_000);
  const plans = useList<PlanSummary>("plans");
  return (
    <ListTable
      name="plans"
      fills
      title="Plans"
      {...plans}
      orders={ORDERS}
      searches="Name or file"
      columns={columnsAt(now)}
      rowKey={(plan) => plan.id}
      onOpen={(plan) => void navigate(`/plans/${plan.id}`)}
      empty={empty}
    />
  );
}
