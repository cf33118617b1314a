import { useMemo, useState, type ReactNode } from "react";
import type { ApdexThresholds, Entry, Summary } from "@/shared/api/types";
import { ScopeNote } from "@/shared/charts/ScopeNote";
import { lineColour } from "@/shared/charts/palette";
import { formatApdex, formatBytes, formatCount, formatKbPerS, formatMs, formatPercent, formatRate, plural } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { useTableState } from "@/shared/tables/useTableState";
import { Icon } from "@/shared/ui/Icon";
import { useTheme } from "@/shared/ui/theme";
import type { ShowSamples } from "../sampleWhere";
import { folded } from "../folding";
import { useFolding } from "../useFolding";
import { useTransactionParts, useTransactions } from "../transactions";
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
  /** In how many transactions it is. */
  depth?: number;
  /** How many labels are inside it. */
  inside?: number;
}

function samplesColumn(show: ShowSamples): Column<Row> {
  return { id: "show", name: "", value: () => null, cell: (row) => row.isTotal !== true && <SamplesButton show={show} where={{ label: row.label }} /> };
}

const TABLE = "labels";

const PLACED = new WeakMap<Entry, Row>();

/** The row at its place among the transactions: the same object while neither changes, so that unchanged rows are not rendered again. */
function placed(entry: Entry, depth: number, inside: number): Row {
  const before = PLACED.get(entry);
  if (before?.depth === depth && (before.inside ?? 0) === inside) return before;
  const row: Row = { ...entry, depth, ...(inside > 0 ? { inside } : {}) };
  PLACED.set(entry, row);
  return row;
}

interface FoldProps {
  label: string;
  inside: number;
  open: boolean;
  onToggle: (transaction: string) => void;
}

function FoldButton({ label, inside, open, onToggle }: FoldProps) {
  const name = `${plural(inside, "label")} in ${label}`;
  return (
    <button type="button" className="btn btn-quiet fold-button" aria-expanded={open} aria-label={name} title={open ? `Collapse ${name}` : `Expand ${name}`} onClick={() => onToggle(label)}>
      <Icon name={open ? "chevron-down" : "chevron-right"} />
    </button>
  );
}

/** The table per label, with the total above it. */
export function EntryTable({ summary, choice, apdex, showSamples, empty }: Props) {
  const { scheme } = useTheme();
  const transactions = useTransactions();
  const parts = useTransactionParts();
  const { closed, toggle } = useFolding();
  const { filter, sort } = useTableState(TABLE, null);
  const there = useMemo(() => new Set(summary.labels.map(({ label }) => label)), [summary.labels]);
  // A log does not say which samples belong to which transaction; where the plan does, they fold.
  const folds = useMemo(() => Object.entries(parts).some(([transaction, labels]) => there.has(transaction) && labels.some((label) => there.has(label))), [parts, there]);
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
        const name = <LabelName label={row.label} />;
        const on = choice?.chosen.includes(row.label) === true;
        const chosen =
          choice?.offered.has(row.label) !== true ? (
            name
          ) : (
            <label className="label-choice" title={on ? "Remove from charts" : "Show in charts"}>
              <input type="checkbox" aria-label={row.label} checked={on} onChange={() => choice.onToggle(row.label)} />
              <i style={on ? { background: lineColour(choice.slots.get(row.label) ?? 0, scheme) } : undefined} />
              {name}
            </label>
          );
        if (row.depth === undefined) return chosen;
        return (
          <span className="label-place" style={{ paddingLeft: `${row.depth * 1.1}rem` }}>
            {row.inside === undefined ? <span className="fold-space" /> : <FoldButton label={row.label} inside={row.inside} open={!closed.has(row.label)} onToggle={toggle} />}
            {chosen}
          </span>
        );
      },
    };
    const kindOf = (row: Row) => (row.isTotal === true ? "total" : transactions.has(row.label) ? "transaction" : "sample");
    const kind: Column<Row> = { id: "kind", name: "Kind", optional: true, value: kindOf, cell: kindOf };
    return [label, kind, ...NUMBERS, apdexColumn(apdex), ...(showSamples === null ? [] : [samplesColumn(showSamples)])];
  }, [choice, scheme, apdex, showSamples, transactions, closed, toggle]);

  const [only, setOnly] = useState(false);
  const [transactionsOnly, setTransactionsOnly] = useState(false);
  const isMixed = summary.labels.some(({ label }) => transactions.has(label)) && summary.labels.some(({ label }) => !transactions.has(label));
  const chosen = choice === null ? 0 : choice.chosen.length;
  const rows = useMemo<Row[]>(() => {
    const picked = only && choice !== null ? summary.labels.filter((row) => choice.chosen.includes(row.label)) : summary.labels;
    if (transactionsOnly && isMixed) return picked.filter((row) => transactions.has(row.label));
    // Sorted and filtered rows are a list of all labels: none is hidden, and none has its transaction above it.
    if (!folds || sort !== null || filter !== "") return picked;
    const shown = new Set(picked.map(({ label }) => label));
    const inside = new Map(Object.entries(parts).map(([transaction, labels]) => [transaction, labels.filter((label) => shown.has(label)).length]));
    return folded(picked, parts, closed).map(({ row, depth }) => placed(row, depth, inside.get(row.label) ?? 0));
  }, [only, choice, summary.labels, transactionsOnly, isMixed, transactions, folds, parts, sort, filter, closed]);
  return (
    <DataTable
      cards
      name={TABLE}
      title="Labels"
      rows={rows}
      whole={summary.labels.length}
      columns={columns}
      rowKey={(row) => row.label}
      pinned={summary.labels.length === 0 ? null : total}
      empty={only ? (transactionsOnly ? "No transactions selected." : "No labels selected.") : empty}
      actions={
        <>
          <ScopeNote />
          {choice !== null && choice.offered.size < summary.labels.length && <span className="table-count">charts for the {formatCount(choice.offered.size)} busiest</span>}
          {isMixed && (
            <button type="button" className="btn btn-sm btn-outline-secondary" aria-pressed={transactionsOnly} onClick={() => setTransactionsOnly(!transactionsOnly)}>
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
