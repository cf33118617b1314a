import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import type { ComparisonReport } from "@/shared/api/types";
import { useRunsOverTime } from "./api/useRunsOverTime";
import type { Labelled } from "./components/ComparisonBody";

/** The label of the charts over time, in the URL as `label=…`, and its points. */
export function useLabelled(runs: string[], report: ComparisonReport | undefined): Labelled {
  const [parameters, change] = useUrlParameters();
  const label = parameters.get("label");
  const series = useRunsOverTime(runs, label);
  const known = labelsOf(report);
  const options = label === null || known.includes(label) ? known : [label, ...known];
  return {
    label,
    series: series.data,
    empty: series.error !== null ? series.error.message : series.data === undefined ? "Loading…" : "No data over time: the label is not among a run’s busiest.",
    choice: (
      <select
        className="form-select form-select-sm chart-choice"
        aria-label="Label in the charts over time"
        value={label ?? ""}
        onChange={({ target }) => change((url) => putParameter(url, "label", target.value === "" ? null : target.value))}
      >
        <option value="">Total</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    ),
  };
}

/** The labels of all results, in their order. */
function labelsOf(report: ComparisonReport | undefined): string[] {
  return [...new Set((report?.results ?? []).flatMap(({ summary }) => summary.labels.map(({ label }) => label)))];
}
