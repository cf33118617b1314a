import { useMemo } from "react";
import type { Entry, ErrorGroup } from "@/shared/api/types";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { formatCount, formatPercent } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { errorTypes, type ErrorType } from "../errorTypes";
import type { ShowSamples } from "../sampleWhere";
import { ErrorMessage } from "./ErrorMessage";
import { SamplesButton, wordsOf } from "./SamplesButton";

function columnsFor(showSamples: ShowSamples | null): Column<ErrorType>[] {
  return [
    { id: "message", name: "Error", main: true, value: (row) => `${row.code} ${row.message}`, cell: (row) => <ErrorMessage code={row.code} message={row.message} /> },
    { id: "count", name: "Count", numeric: true, value: (row) => row.count, cell: (row) => formatCount(row.count) },
    { id: "of_errors", name: "% of errors", numeric: true, value: (row) => row.percentOfErrors, cell: (row) => formatPercent(row.percentOfErrors) },
    { id: "of_samples", name: "% of samples", numeric: true, value: (row) => row.percentOfSamples, cell: (row) => formatPercent(row.percentOfSamples) },
    { id: "labels", name: "Labels", numeric: true, value: (row) => row.labels, cell: (row) => formatCount(row.labels) },
    ...(showSamples === null
      ? []
      : [
          {
            id: "samples",
            name: "",
            value: () => null,
            cell: (row: ErrorType) => !row.remainder && <SamplesButton show={showSamples} where={{ code: row.code, text: wordsOf(row.message), success: false }} />,
          },
        ]),
  ];
}

/** Errors by response code and message, over all labels. */
export function ErrorTypeTable({ errors, total, showSamples }: { errors: ErrorGroup[]; total: Entry; showSamples: ShowSamples | null }) {
  const rows = useMemo(() => errorTypes(errors, total), [errors, total]);
  const columns = useMemo(() => columnsFor(showSamples), [showSamples]);
  return (
    <DataTable
      cards
      name="error-types"
      title="Errors by type"
      rows={rows}
      columns={columns}
      rowKey={(row) => JSON.stringify([row.code, row.message])}
      empty="No failed samples."
      actions={<ScopeNote />}
      visibleRows={10}
    />
  );
}
