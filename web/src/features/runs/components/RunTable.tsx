import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import { phaseChip, verdictChip } from "@/features/results/runWords";
import type { Run } from "@/shared/api/types";
import { formatCount, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatAgo, formatDateTime, formatDuration } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { useNow } from "@/shared/ui/useNow";

function columnsAt(now: number): Column<Run>[] {
  return [
    { id: "name", name: "Run", main: true, value: (run) => run.name, cell: (run) => <Link to={`/runs/${run.id}`}>{run.name}</Link> },
    { id: "state", name: "State", value: (run) => phaseChip(run.phase, run.cause, run.stop_requested).word, cell: (run) => <Chip {...phaseChip(run.phase, run.cause, run.stop_requested)} /> },
    { id: "verdict", name: "Criteria", value: (run) => run.verdict, cell: (run) => <VerdictCell run={run} /> },
    { id: "plan", name: "Plan", value: (run) => run.plan.name, cell: (run) => <Link to={`/plans/${run.plan.id}`}>{run.plan.name}</Link> },
    { id: "cluster", name: "Cluster", value: (run) => run.cluster.name, cell: (run) => <Link to={`/clusters/${run.cluster.id}`}>{run.cluster.name}</Link> },
    { id: "owner", name: "Owner", optional: true, value: (run) => run.owner.name, cell: (run) => run.owner.name },
    { id: "samples", name: "Samples", numeric: true, value: (run) => run.headline?.samples ?? null, cell: (run) => formatCount(run.headline?.samples) },
    { id: "rate", name: "Rate", numeric: true, value: (run) => run.headline?.rate_per_s ?? null, cell: (run) => formatRate(run.headline?.rate_per_s) },
    { id: "p95", name: "p95", numeric: true, value: (run) => run.headline?.p95_ms ?? null, cell: (run) => formatMs(run.headline?.p95_ms) },
    { id: "errors", name: "Error share", numeric: true, value: (run) => run.headline?.error_percent ?? null, cell: (run) => <ErrorShare run={run} /> },
    { id: "duration", name: "Duration", numeric: true, value: (run) => seconds(run, now), cell: (run) => formatDuration(seconds(run, now)) },
    {
      id: "started",
      name: "Started",
      numeric: true,
      value: (run) => run.created_ms,
      cell: (run) => <span title={formatDateTime(run.created_ms)}>{formatAgo(run.created_ms, now)}</span>,
    },
  ];
}

function seconds(run: Run, now: number): number | null {
  return run.started_ms === null ? null : ((run.ended_ms ?? now) - run.started_ms) / 1000;
}

function VerdictCell({ run }: { run: Run }) {
  const chip = run.phase === "finished" ? verdictChip(run.verdict) : null;
  return chip === null ? <span className="text-faint">–</span> : <Chip {...chip} word={run.verdict === "passed" ? "met" : "not met"} />;
}

function ErrorShare({ run }: { run: Run }) {
  const bad = (run.headline?.errors ?? 0) > 0;
  return <span className={bad ? "text-failed" : "text-faint"}>{formatPercent(run.headline?.error_percent)}</span>;
}

interface Props {
  runs: Run[];
  title: string;
  empty: ReactNode;
  /** Columns that the place makes needless (the plan's page needs no plan). */
  without?: string[];
  actions?: ReactNode;
}

export function RunTable({ runs, title, empty, without = [], actions }: Props) {
  const navigate = useNavigate();
  const now = useNow(2000);
  return (
    <DataTable
      name="runs"
      title={title}
      rows={runs}
      columns={columnsAt(now).filter((column) => !without.includes(column.id))}
      rowKey={(run) => run.id}
      onOpen={(run) => void navigate(`/runs/${run.id}`)}
      empty={empty}
      actions={actions}
    />
  );
}
