import { useMemo, type ReactNode } from "react";
import type { ApdexThresholds, Profiles, Summary } from "@/shared/api/types";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { formatApdex, formatCount, formatMs } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { LabelName } from "./LabelName";
import { apdexRows, parts, type ApdexRow, type Part } from "../spread";

function count(id: Part["key"], name: string, title: string): Column<ApdexRow> {
  return { id, name, title, numeric: true, value: (row) => row.profile?.[id] ?? null, cell: (row) => formatCount(row.profile?.[id]) };
}

/** The Apdex of each label, and the thresholds used. */
export function ApdexTable({ summary, profiles, apdex, scope }: { summary: Summary; profiles: Profiles; apdex: ApdexThresholds; scope?: ReactNode }) {
  const satisfied = formatMs(apdex.satisfied_ms);
  const tolerated = formatMs(apdex.tolerated_ms);
  const { rows, total } = useMemo(() => {
    const { label, samples, apdex: index } = summary.total;
    return { rows: apdexRows(summary.labels, profiles), total: { label, samples, apdex: index, profile: profiles.total } };
  }, [summary, profiles]);
  const columns = useMemo<Column<ApdexRow>[]>(
    () => [
      { id: "label", name: "Label", main: true, value: (row) => row.label, cell: (row) => (row === total ? <strong>Total</strong> : <LabelName label={row.label} />) },
      {
        id: "apdex",
        name: "Apdex",
        title: "(satisfied + tolerated / 2) / samples: 1 is best, 0 worst",
        numeric: true,
        value: (row) => row.apdex,
        cell: (row) => formatApdex(row.apdex),
      },
      { id: "parts", name: "", title: "Share of each zone", value: () => null, cell: (row) => <Bar row={row} /> },
      count("satisfied", "Satisfied", `Passed within ${satisfied}`),
      count("tolerated", "Tolerated", `Passed within ${tolerated}`),
      count("frustrated", "Frustrated", `Passed, above ${tolerated}`),
      count("failed", "Failed", "Failed (any response time)"),
      { id: "samples", name: "Samples", numeric: true, value: (row) => row.samples, cell: (row) => formatCount(row.samples) },
    ],
    [total, satisfied, tolerated],
  );
  return (
    <DataTable
      cards
      name="apdex"
      title="Apdex"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.label}
      pinned={rows.length === 0 ? null : total}
      empty="The log contains no samples."
      visibleRows={10}
      actions={
        <>
          <ScopeNote />
          {scope}
          <span className="table-count">
            satisfied up to {satisfied}, tolerated up to {tolerated}
          </span>
        </>
      }
    />
  );
}

function Bar({ row }: { row: ApdexRow }) {
  if (row.profile === null) return null;
  return (
    <span className="overview-bar overview-bar-small">
      {parts(row.profile).map((part) => (
        <i key={part.key} className={`part-${part.key}`} style={{ width: `${part.percent}%` }} />
      ))}
    </span>
  );
}
