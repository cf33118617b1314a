import type { ErrorGroup } from "@/shared/api/types";
import { formatCount, formatPercent } from "@/shared/format/numbers";
import { formatTime } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";

function columnsFor(allErrors: number): Column<ErrorGroup>[] {
  return [
    { id: "message", name: "What came back", main: true, value: (row) => `${row.code} ${row.message}`, cell: (row) => <Message group={row} /> },
    { id: "label", name: "Label", value: (row) => row.label, cell: (row) => <span title={row.label}>{row.label}</span> },
    { id: "count", name: "Count", numeric: true, value: (row) => row.count, cell: (row) => formatCount(row.count) },
    {
      id: "share",
      name: "Of all errors",
      numeric: true,
      value: (row) => (allErrors === 0 ? null : (row.count / allErrors) * 100),
      cell: (row) => formatPercent(allErrors === 0 ? null : (row.count / allErrors) * 100),
    },
    { id: "first_ms", name: "First", numeric: true, value: (row) => row.first_ms, cell: (row) => formatTime(row.first_ms) },
    { id: "last_ms", name: "Last", numeric: true, value: (row) => row.last_ms, cell: (row) => formatTime(row.last_ms) },
  ];
}

function Message({ group }: { group: ErrorGroup }) {
  return (
    <span className="error-message" title={group.message}>
      {group.code !== "" && <code>{group.code}</code>} {group.message === "" ? "no message" : group.message}
    </span>
  );
}

/** What failed, grouped by label, code and message. */
export function ErrorTable({ errors, allErrors, live }: { errors: ErrorGroup[]; allErrors: number; live: boolean }) {
  return (
    <DataTable
      name="errors"
      title={live ? "Top errors" : "Errors"}
      rows={errors}
      columns={columnsFor(allErrors)}
      rowKey={(row) => JSON.stringify([row.label, row.code, row.message])}
      empty={live ? "No sample has failed so far." : "No sample failed."}
      visibleRows={12}
    />
  );
}
