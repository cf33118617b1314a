import { useMemo } from "react";
import type { ErrorGroup } from "@/shared/api/types";
import { useTimeline } from "@/shared/charts/timeline";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { formatCount, formatPercent } from "@/shared/format/numbers";
import { formatTimeNear } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import type { ShowSamples } from "../sampleWhere";
import { ErrorMessage } from "./ErrorMessage";
import { LabelName } from "./LabelName";
import { SamplesButton, wordsOf } from "./SamplesButton";

function columnsFor(allErrors: number, originMs: number, showSamples: ShowSamples | null): Column<ErrorGroup>[] {
  return [
    { id: "message", name: "Error", main: true, value: (row) => `${row.code} ${row.message}`, cell: (row) => <ErrorMessage code={row.code} message={row.message} /> },
    { id: "label", name: "Label", clip: true, wide: true, value: (row) => row.label, cell: (row) => <LabelName label={row.label} /> },
    { id: "count", name: "Count", numeric: true, value: (row) => row.count, cell: (row) => formatCount(row.count) },
    {
      id: "share",
      name: "% of errors",
      numeric: true,
      value: (row) => (allErrors === 0 ? null : (row.count / allErrors) * 100),
      cell: (row) => formatPercent(allErrors === 0 ? null : (row.count / allErrors) * 100),
    },
    { id: "first_ms", name: "First", numeric: true, value: (row) => row.first_ms, cell: (row) => formatTimeNear(row.first_ms, originMs) },
    { id: "last_ms", name: "Last", numeric: true, value: (row) => row.last_ms, cell: (row) => formatTimeNear(row.last_ms, originMs) },
    ...(showSamples === null
      ? []
      : [
          {
            id: "samples",
            name: "",
            value: () => null,
            // A group without a label is the remainder of all rare ones, which no search can find.
            cell: (row: ErrorGroup) => row.label !== "" && <SamplesButton show={showSamples} where={{ label: row.label, code: row.code, text: wordsOf(row.message), success: false }} />,
          },
        ]),
  ];
}

interface Props {
  errors: ErrorGroup[];
  allErrors: number;
  live: boolean;
  /** The errors are those of a time range. */
  inWindow?: boolean;
  /** The errors are those of selected labels. */
  narrowed?: boolean;
  showSamples: ShowSamples | null;
}

/** Errors grouped by label, code and message. */
export function ErrorTable({ errors, allErrors, live, inWindow = false, narrowed = false, showSamples }: Props) {
  const { originMs } = useTimeline();
  const columns = useMemo(() => columnsFor(allErrors, originMs, showSamples), [allErrors, originMs, showSamples]);
  return (
    <DataTable
      cards
      name="errors"
      title={live ? "Top errors" : "Errors by label"}
      rows={errors}
      columns={columns}
      rowKey={(row) => JSON.stringify([row.label, row.code, row.message])}
      empty={emptyWords(live, inWindow, narrowed)}
      actions={<ScopeNote />}
      visibleRows={12}
    />
  );
}

function emptyWords(live: boolean, inWindow: boolean, narrowed: boolean): string {
  if (narrowed) return inWindow ? "No failed samples of the selected labels in this time." : "No failed samples of the selected labels.";
  if (inWindow) return "No failed samples in this time.";
  return live ? "No failed samples so far." : "No failed samples.";
}
