import { measured } from "@/features/results/transactions";
import type { ReactNode } from "react";
import type { ComparedResult, Comparison } from "@/shared/api/types";
import { formatCount, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatDateTime, formatDuration } from "@/shared/format/time";
import { DataTable } from "@/shared/tables/DataTable";
import type { Column } from "@/shared/tables/tableRows";
import { Chip } from "@/shared/ui/Chip";
import { outcomeLook } from "../changeWords";
import type { Overlaid } from "../overlay";

interface Props {
  all: Overlaid[];
  comparisons: Comparison[];
  /** No verdict is given on that result. */
  withheld: (index: number) => boolean;
  nameOf?: (result: ComparedResult, name: string) => ReactNode;
  actionsOf?: (result: ComparedResult, index: number) => ReactNode;
}

const seconds = ({ summary }: ComparedResult) => measured(summary.total);

/** The figures of the compared results: the first is the baseline. */
export function ResultTable({ all, comparisons, withheld, nameOf, actionsOf }: Props) {
  const indexOf = (row: Overlaid) => all.indexOf(row);
  const columns: Column<Overlaid>[] = [
    {
      id: "name",
      name: "Result",
      main: true,
      value: (row) => row.name,
      cell: (row) => (
        <span className="result-name">
          <i className="part-mark" style={{ background: row.colour }} /> {nameOf?.(row.result, row.name) ?? row.name}
        </span>
      ),
    },
    {
      id: "change",
      name: "Outcome",
      value: (row) => (indexOf(row) === 0 ? "baseline" : (comparisons[indexOf(row) - 1]?.outcome ?? "")),
      cell: (row) => {
        const comparison = comparisons[indexOf(row) - 1];
        if (comparison === undefined) return <Chip tone="running" word="baseline" icon="dash-circle" />;
        if (withheld(indexOf(row))) return <Chip tone="attention" word="different load" icon="info-circle" />;
        const { tone, word, icon } = outcomeLook(comparison.outcome);
        return <Chip tone={tone} word={word} icon={icon} />;
      },
    },
    { id: "start", name: "Started", numeric: true, spareBelow: 1400, value: (row) => row.result.start_ms, cell: (row) => formatDateTime(row.result.start_ms) },
    { id: "duration", name: "Duration", numeric: true, spareBelow: 1500, value: (row) => seconds(row.result), cell: (row) => formatDuration(seconds(row.result)) },
    { id: "samples", name: "Samples", numeric: true, value: (row) => row.result.summary.total.samples, cell: (row) => formatCount(row.result.summary.total.samples) },
    { id: "rate", name: "Throughput", numeric: true, value: (row) => row.result.summary.total.throughput_per_s, cell: (row) => formatRate(row.result.summary.total.throughput_per_s) },
    { id: "mean", name: "Mean", numeric: true, spareBelow: 1600, value: (row) => row.result.summary.total.mean_ms, cell: (row) => formatMs(row.result.summary.total.mean_ms) },
    { id: "median", name: "Median", numeric: true, value: (row) => row.result.summary.total.median_ms, cell: (row) => formatMs(row.result.summary.total.median_ms) },
    { id: "p95", name: "p95", numeric: true, value: (row) => row.result.summary.total.p95_ms, cell: (row) => formatMs(row.result.summary.total.p95_ms) },
    { id: "p99", name: "p99", numeric: true, value: (row) => row.result.summary.total.p99_ms, cell: (row) => formatMs(row.result.summary.total.p99_ms) },
    { id: "errors", name: "Error rate", numeric: true, value: (row) => row.result.summary.total.error_percent, cell: (row) => formatPercent(row.result.summary.total.error_percent) },
  ];
  if (actionsOf !== undefined) columns.push({ id: "actions", name: "", value: () => null, cell: (row) => actionsOf(row.result, indexOf(row)) });
  return <DataTable name="results" cards title="Results" rows={all} columns={columns} rowKey={(row) => row.key} empty="Nothing to compare." />;
}
