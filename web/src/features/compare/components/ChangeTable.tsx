import { LabelName } from "@/features/results/components/LabelName";
import { useMemo } from "react";
import type { ChangedMetric, Comparison, Entry, LineComparison } from "@/shared/api/types";
import { joined, splitMs, splitPercent, splitRate } from "@/shared/format/numbers";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import { beforeAfter, changePercent, formatChange, formatPoints } from "@/shared/format/change";
import { byImportance, changeChip, isChange, isChanged, lineSentence } from "../changeWords";

interface Metric {
  id: string;
  name: string;
  of: (entry: Entry) => number | null;
  split: (value: number | null) => [string, string];
  /** The name of the metric in a line's changes; null if the metric is not evaluated. */
  changed: ChangedMetric | null;
  points?: true;
}

const METRICS: Metric[] = [
  { id: "rate", name: "Throughput", of: (entry) => entry.throughput_per_s, split: splitRate, changed: null },
  { id: "mean", name: "Mean", of: (entry) => entry.mean_ms, split: splitMs, changed: "mean_ms" },
  { id: "median", name: "Median", of: (entry) => entry.median_ms, split: splitMs, changed: "median_ms" },
  { id: "p95", name: "p95", of: (entry) => entry.p95_ms, split: splitMs, changed: "p95_ms" },
  { id: "p99", name: "p99", of: (entry) => entry.p99_ms, split: splitMs, changed: null },
  { id: "errors", name: "Errors", of: (entry) => entry.error_percent, split: splitPercent, changed: "error_percent", points: true },
];

interface Compared {
  before: number | null;
  after: number | null;
  /** The figures are those of the passed samples, which are compared if some samples failed, and differ from the line's own. */
  passed: boolean;
}

function compared({ of, changed }: Metric, row: LineComparison): Compared {
  const own = { before: of(row.before), after: of(row.after), passed: false };
  if (changed === null || changed === "error_percent") return own;
  const before = row.passed_before?.[changed] ?? own.before;
  const after = row.passed_after?.[changed] ?? own.after;
  return before === own.before && after === own.after ? own : { before, after, passed: true };
}

function deltaOf(metric: Metric, row: LineComparison): number | null {
  const { before, after } = compared(metric, row);
  if (metric.points === true) return before === null || after === null ? null : after - before;
  return changePercent(before, after);
}

function changeColumn(metric: Metric, judged = true): Column<LineComparison> {
  return {
    id: metric.id,
    name: metric.name,
    numeric: true,
    title: metric.points === true ? "Sorted by the change in percentage points" : "Sorted by the change in percent",
    value: (row) => deltaOf(metric, row),
    cell: (row) => <Pair metric={metric} row={row} judged={judged} />,
  };
}

/** The figures of all samples, and below them the change of those that are compared. */
function Pair({ metric, row, judged }: { metric: Metric; row: LineComparison; judged: boolean }) {
  const { before, after, passed } = compared(metric, row);
  const named = judged && metric.changed !== null && isChanged(row, metric.changed);
  const changed = metric.points === true ? formatPoints(before, after) : formatChange(changePercent(before, after));
  return (
    <span className="pair">
      <span>{beforeAfter(metric.split, metric.of(row.before), metric.of(row.after))}</span>
      <small className={named ? `change-${row.change}` : ""} title={passed ? "Response times of passed samples only, because some samples failed" : undefined}>
        {passed && `passed ${beforeAfter(metric.split, before, after)}, `}
        {changed}
      </small>
    </span>
  );
}

/** The numbers alone, for CSV and for users who want them in columns: of all samples, and those from which the change is calculated. */
function plainColumns(metric: Metric): Column<LineComparison>[] {
  const column = (id: string, words: string, value: (row: LineComparison) => number | null): Column<LineComparison> => ({
    id: `${metric.id}_${id}`,
    name: `${metric.name} ${words}`,
    numeric: true,
    optional: true,
    value,
    cell: (row) => joined(metric.split(value(row))),
  });
  const all = [column("before", "before", (row) => metric.of(row.before)), column("after", "after", (row) => metric.of(row.after))];
  if (metric.changed === null || metric.points === true) return all;
  return [...all, column("passed_before", "before, passed samples", (row) => compared(metric, row).before), column("passed_after", "after, passed samples", (row) => compared(metric, row).after)];
}

const COLUMNS: Column<LineComparison>[] = [
  {
    id: "label",
    name: "Label",
    main: true,
    value: (row) => row.label,
    cell: (row) => (
      <span className="pair">
        <LabelName label={row.label} />
        <small title={lineSentence(row)} className={isChange(row) ? `change-${row.change}` : ""}>
          {lineSentence(row)}
        </small>
      </span>
    ),
  },
  { id: "change", name: "Change", value: (row) => row.change, cell: (row) => <Chip {...changeChip(row.change)} /> },
  ...METRICS.map((metric) => changeColumn(metric)),
  { id: "sentence", name: "Why", optional: true, wide: true, value: lineSentence, cell: lineSentence },
  ...METRICS.flatMap(plainColumns),
];

/** The figures alone. */
const UNJUDGED: Column<LineComparison>[] = COLUMNS.filter(({ id }) => id !== "change" && id !== "sentence").map((column) => {
  if (column.id === "label") return { ...column, cell: (row) => <LabelName label={row.label} /> };
  const metric = METRICS.find(({ id }) => id === column.id);
  return metric === undefined ? column : changeColumn(metric, false);
});

/** The changes of each label: before and after, result and reason. `changes=1` in the URL hides labels without changes. */
export function ChangeTable({ comparison, judged }: { comparison: Comparison; judged: boolean }) {
  const [parameters, change] = useUrlParameters();
  const only = parameters.get("changes") === "1";
  const rows = useMemo(() => byImportance(comparison.labels).filter((line) => !only || isChange(line)), [comparison, only]);
  const toggle = () => change((url) => putParameter(url, "changes", only ? null : "1"));
  return (
    <DataTable
      cards
      name="changes"
      title="Labels"
      rows={rows}
      columns={judged ? COLUMNS : UNJUDGED}
      rowKey={(row) => row.label}
      rowHeight={44}
      visibleRows={14}
      pinned={rows.length === 0 && !only ? null : comparison.total}
      empty={only ? "No significant changes." : "No labels in common."}
      actions={
        <button type="button" className="btn btn-sm btn-outline-secondary" aria-pressed={only} onClick={toggle}>
          Only changes
        </button>
      }
    />
  );
}
