import { useMemo, useState } from "react";
import { LabelName } from "@/features/results/components/LabelName";
import { isTransaction } from "@/features/results/transactions";
import type { FoundSample, FoundSamples } from "@/shared/api/types";
import { useTimeline } from "@/shared/charts/timeline";
import { formatBytes, formatCount, formatMs, plural } from "@/shared/format/numbers";
import { formatDateTime, formatTimeMsNear } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { MiddleCut } from "@/shared/ui/MiddleCut";
import { Note } from "@/shared/ui/Note";
import { foundWords } from "./foundWords";
import { SampleDetail } from "./SampleDetail";
import { sourceWords } from "./sampleSource";
import { urlOf } from "./sampleUrl";

export const sampleColumns = (originMs: number): Column<FoundSample>[] => [
  {
    id: "start_ms",
    name: "Started",
    value: (row) => row.start_ms,
    cell: (row) => <span title={formatDateTime(row.start_ms)}>{formatTimeMsNear(row.start_ms, originMs)}</span>,
  },
  { id: "label", name: "Label", main: true, value: (row) => row.label, cell: (row) => <LabelName label={row.label} transaction={isTransaction(row)} /> },
  { id: "elapsed_ms", name: "Response time", numeric: true, value: (row) => row.elapsed_ms, cell: (row) => formatMs(row.elapsed_ms) },
  {
    id: "success",
    name: "Result",
    value: (row) => (row.success ? "passed" : "failed"),
    cell: (row) => <Chip tone={row.success ? "good" : "failed"} word={row.success ? "passed" : "failed"} icon={row.success ? "check-circle" : "x-circle"} />,
  },
  { id: "code", name: "Code", clip: true, value: (row) => row.code, cell: (row) => row.code },
  {
    id: "message",
    name: "Message",
    value: (row) => messageOf(row),
    cell: (row) => (
      <span className="cell-short">
        <MiddleCut text={messageOf(row)} end={16} />
      </span>
    ),
  },
  {
    id: "thread",
    name: "Thread",
    spareBelow: 1240,
    value: (row) => row.thread,
    cell: (row) => (
      <span className="cell-short" title={row.thread}>
        {row.thread}
      </span>
    ),
  },
  {
    id: "url",
    name: "URL",
    optional: true,
    value: urlOf,
    cell: (row) => (
      <span className="cell-short" title={urlOf(row)}>
        {urlOf(row)}
      </span>
    ),
  },
  { id: "latency_ms", name: "Latency", numeric: true, value: (row) => row.latency_ms, cell: (row) => formatMs(row.latency_ms) },
  { id: "connect_ms", name: "Connect", numeric: true, optional: true, value: (row) => row.connect_ms, cell: (row) => formatMs(row.connect_ms) },
  { id: "received_bytes", name: "Received", numeric: true, value: (row) => row.received_bytes, cell: (row) => formatBytes(row.received_bytes) },
  { id: "sent_bytes", name: "Sent", numeric: true, optional: true, value: (row) => row.sent_bytes, cell: (row) => formatBytes(row.sent_bytes) },
];

function messageOf(row: FoundSample): string {
  return row.failure_message === "" ? row.message : row.failure_message;
}

interface Props {
  result: FoundSamples;
  keep: "first" | "slowest";
  stale: boolean;
}

/** The result of a search: the number of matches, and the requested ones; a row opens the details of its sample. */
export function SampleTable({ result, keep, stale }: Props) {
  const [open, setOpen] = useState<FoundSample | null>(null);
  const { originMs } = useTimeline();
  const columns = useMemo(() => sampleColumns(originMs), [originMs]);
  const { searched, rejected_rows, samples } = result;
  const matched = result.matched + result.matched_transactions;
  const source = sourceWords(result);
  return (
    <div className={stale ? "stack stale" : "stack"}>
      <DataTable
        cards
        name="found"
        title="Samples found"
        rows={samples}
        columns={columns}
        rowKey={(row) => `${row.log} ${row.position}`}
        onOpen={setOpen}
        empty={searched === 0 ? "No samples in the log yet." : "No samples match. Loosen the filters or check the pattern."}
        actions={
          <span className="table-count" role="status">
            {foundWords(result)}
            {matched > samples.length && `; showing the ${keep} ${formatCount(samples.length)}`}
          </span>
        }
      />
      {source !== null && <p className="text-muted">{source}</p>}
      {rejected_rows > 0 && (
        <Note tone="attention">
          {plural(rejected_rows, "row")} could not be parsed and {rejected_rows === 1 ? "was" : "were"} not searched.
        </Note>
      )}
      {open !== null && <SampleDetail sample={open} onClose={() => setOpen(null)} />}
    </div>
  );
}
