import { useMemo } from "react";
import type { ErrorGroup } from "@/shared/api/types";
import { formatCount, formatPercent } from "@/shared/format/numbers";
import { formatTime } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import type { ShowSamples } from "../sampleWhere";
import { ErrorMessage } from "./ErrorMessage";
import { SamplesButton, wordsOf } from "./SamplesButton";

function columnsFor(allErrors: number, showSamples: ShowSamples | null): Column<ErrorGroup>[] {
  return [
    { id: "message", name: "What came back", main: true, value: (row) => `${row.code} ${row.message}`, cell: (row) => <ErrorMessage code={row.code} message={row.message} /> },
    { id: "label", name: "Label", clip: true, value: (row) => row.label, cell: (row) => row.label },
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
    ...(showSamples === null
      ? []
      : [
          {
            id: "samples",
            name: "",
            value: () => null,
            // A group without a label is the remainder of all rare ones: no search finds just it.
            cell: (row: ErrorGroup) =>
              row.label !== "" && <SamplesButton show={showSamples} where={{ label: row.label, code: row.code, text: wordsOf(row.message), success: false }} />,
          },
        ]),
  ];
}

interface Props {
  errors: ErrorGroup[];
  allErrors: number;
  live: boolean;
  showSamples: ShowSamples | null;
}

/** What failed, grouped by label, code and message. */
export function ErrorTable({ errors, allErrors, live, showSamples }: Props) {
  const columns = useMemo(() => columnsFor(allErrors, showSamples), [allErrors, showSamples]);
  return (
    <DataTable
      name="errors"
      title={live ? "Top errors" : "Errors by label"}
      rows={errors}
      columns={columns}
      rowKey={(row) => JSON.stringify([row.label, row.code, row.message])}
      empty={live ? "No sample has failed so far." : "No sample failed."}
      visibleRows={12}
    />
  );
}
