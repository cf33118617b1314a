import { useMemo, useState, type ReactNode } from "react";
import type { ApdexThresholds, Entry, Summary } from "@/shared/api/types";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { lineColour } from "@/shared/charts/palette";
import { formatApdex, formatBytes, formatCount, formatKbPerS, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { useTheme } from "@/shared/ui/theme";
import type { ShowSamples } from "../sampleWhere";
import { useTransactions } from "../transactions";
import type { ChosenLabels } from "../useChosenLabels";
import { LabelName } from "./LabelName";
import { SamplesButton } from "./SamplesButton";

interface Props {
  summary: Summary;
  /** The labels shown in the charts; null if they cannot be selected (no series per label). */
  choice: ChosenLabels | null;
  /** The Apdex thresholds; null while they are unknown. */
  apdex: ApdexThresholds | null;
  /** Links to a label's samples; null if they cannot be searched. */
  showSamples: ShowSamples | null;
  empty: ReactNode;
}

type NumberField = { [Key in keyof Entry]: Entry[Key] extends number | null ? Key : never }[keyof Entry];

function number(id: NumberField, name: string, format: (value: number | null) => string, more: Partial<Column<Entry>> = {}): Column<Entry> {
  return { id, name, numeric: true, value: (row) => row[id], cell: (row) => format(row[id]), ...more };
}

/** Narrower windows show only the most important figures and the labels. */
const ROOM = 1150;

const NUMBERS: Column<Entry>[] = [
  number("samples", "Samples", formatCount),
  number("errors", "Errors", formatCount, { cell: (row) => <span className={row.errors > 0 ? "text-failed" : "text-faint"}>{formatCount(row.errors)}</span> }),
  number("error_percent", "Error rate", formatPercent, {
    cell: (row) => <span className={row.errors > 0 ? "text-failed" : "text-faint"}>{formatPercent(row.error_percent)}</span>,
  }),
  number("throughput_per_s", "Throughput", formatRate, { title: "Samples per second, from the start of the first to the end of the last sample" }),
  number("mean_ms", "Mean", formatMs),
  number("median_ms", "Median", formatMs, { spareBelow: ROOM }),
  number("p90_ms", "p90", formatMs, { spareBelow: ROOM }),
  number("p95_ms", "p95", formatMs),
  number("p99_ms", "p99", formatMs),
  number("p999_ms", "p99.9", formatMs, { optional: true }),
  number("min_ms", "Min", formatMs, { optional: true }),
  number("max_ms", "Max", formatMs),
  number("stddev_ms", "Std dev", formatMs, { optional: true }),
  number("latency_ms", "Latency, mean", formatMs, { optional: true, title: "Time to the first byte" }),
  number("connect_ms", "Connect, mean", formatMs, { optional: true, title: "Time to connect; 0 for reused connections" }),
  number("received_kb_per_s", "Received", formatKbPerS, { optional: true }),
  number("sent_kb_per_s", "Sent", formatKbPerS, { optional: true }),
  number("avg_bytes", "Bytes, mean", formatBytes, { optional: true }),
];

function apdexColumn(limits: ApdexThresholds | null): Column<Entry> {
  const title = limits === null ? "" : `Satisfied up to ${formatMs(limits.satisfied_ms)}, tolerated up to ${formatMs(limits.tolerated_ms)}; failed samples count as frustrated`;
  return number("apdex", "Apdex", formatApdex, title === "" ? {} : { title });
}

/** A label, or the total. */
interface Row extends Entry {
  isTotal?: true;
}

function samplesColumn(show: ShowSamples): Column<Row> {
  return { id: "show", name: "", value: () => null, cell: (row) => row.isTotal !== true && <SamplesButton show={show} where={{ label: row.label }} /> };
}

/** The table per label, with the total above it. */
export function EntryTable({ summary, choice, apdex, showSamples, empty }: Props) {
  const { scheme } = useTheme();
  const transactions = useTransactions();
  const total = useMemo<Row>(() => ({ ...summary.total, isTotal: true }), [summary.total]);
  // Stable while the selection is unchanged, so that unchanged rows are not rendered again.
  const columns = useMemo<Column<Row>[]>(() => {
    const label: Column<Row> = {
      id: "label",
      name: "Label",
      main: true,
      value: (row) => row.label,
      cell: (row) => {
        if (row.isTotal === true) return <strong>Total</strong>;
        if (choice?.offered.has(row.label) !== true) return <LabelName label={row.label} />;
        const on = choice.chosen.includes(row.label);
        return (
          <label className="label-choice" title={on ? "Remove from charts" : "Show in charts"}>
            <input type="checkbox" aria-label={row.label} checked={on} onChange={() => choice.onToggle(row.label)} />
            <i style={on ? { background: lineColour(choice.slots.get(row.label) ?? 0, scheme) } : undefined} />
            <LabelName label={row.label} />
          </label>
        );
      },
    };
    const kindOf = (row: Row) => (row.isTotal === true ? "total" : transactions.has(row.label) ? "transaction" : "sample");
    const kind: Column<Row> = { id: "kind", name: "Kind", optional: true, value: kindOf, cell: kindOf };
    return [label, kind, ...NUMBERS, apdexColumn(apdex), ...(showSamples === null ? [] : [samplesColumn(showSamples)])];
  }, [choice, scheme, apdex, showSamples, transactions]);

  const [only, setOnly] = useState(false);
  // Logs do not record which sample belongs to which transaction, so samples are collapsed together.
  const [folded, setFolded] = useState(false);
  const isMixed = summary.labels.some(({ label }) => transactions.has(label)) && summary.labels.some(({ label }) => !transactions.has(label));
  const chosen = choice === null ? 0 : choice.chosen.length;
  const rows = useMemo<Row[]>(() => {
    const picked = only && choice !== null ? summary.labels.filter((row) => choice.chosen.includes(row.label)) : summary.labels;
    return folded && isMixed ? picked.filter((row) => transactions.has(row.label)) : picked;
  }, [only, choice, summary.labels, folded, isMixed, transactions]);
  return (
    <DataTable
      name="labels"
      title="Labels"
      rows={rows}
      columns={columns}
      rowKey={(row) => row.label}
      pinned={summary.labels.length === 0 ? null : total}
      empty={only ? (folded ? "No transactions selected." : "No labels selected.") : empty}
      actions={
        <>
          <ScopeNote />
          {choice !== null && choice.offered.size < summary.labels.length && <span className="table-count">charts for the {formatCount(choice.offered.size)} busiest</span>}
          {isMixed && (
            <button type="button" className="btn btn-sm btn-outline-secondary" aria-pressed={folded} onClick={() => setFolded(!folded)}>
              Transactions only
            </button>
          )}
          {(chosen > 0 || only) && (
            <button type="button" className="btn btn-sm btn-outline-secondary" aria-pressed={only} onClick={() => setOnly(!only)}>
              Show selected
            </button>
          )}
          {chosen > 0 && (
            <button type="button" className="btn btn-sm btn-outline-secondary" onClick={choice?.onClear}>
              Clear selection
            </button>
          )}
        </>
      }
    />
  );
}
