import { useMemo } from "react";
import type { ErrorGroup, Summary } from "@/shared/api/types";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { formatCount } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { topErrors, type LabelErrors } from "../errorTypes";
import { LabelName } from "./LabelName";
import { ErrorMessage } from "./ErrorMessage";

const PLACES = [0, 1, 2, 3, 4];

const COLUMNS: Column<LabelErrors>[] = [
  { id: "label", name: "Label", main: true, value: (row) => row.label, cell: (row) => <LabelName label={row.label} /> },
  { id: "samples", name: "Samples", numeric: true, value: (row) => row.samples, cell: (row) => formatCount(row.samples) },
  { id: "errors", name: "Errors", numeric: true, value: (row) => row.errors, cell: (row) => formatCount(row.errors) },
  ...PLACES.map((place): Column<LabelErrors> => {
    const name = `${place + 1}.`;
    return {
      id: `error_${place + 1}`,
      name,
      title: `Error number ${place + 1} of the label, by frequency`,
      value: (row) => {
        const error = row.top[place];
        return error === undefined ? null : `${error.count} × ${error.code} ${error.message}`;
      },
      cell: (row) => <Place error={row.top[place]} />,
    };
  }),
];

function Place({ error }: { error: ErrorGroup | undefined }) {
  if (error === undefined) return <span className="text-faint">–</span>;
  return (
    <span className="top-error">
      <b>{formatCount(error.count)}</b> <ErrorMessage code={error.code} message={error.message} />
    </span>
  );
}

/** The five most frequent errors of each label. */
export function TopErrorTable({ errors, summary }: { errors: ErrorGroup[]; summary: Summary }) {
  const rows = useMemo(() => topErrors(errors, summary.labels), [errors, summary]);
  return (
    <DataTable
      cards
      name="top-errors"
      title="Top 5 errors by label"
      rows={rows}
      columns={COLUMNS}
      rowKey={(row) => row.label}
      empty="No failed samples."
      actions={<ScopeNote />}
      visibleRows={10}
      rowHeight={44}
    />
  );
}
