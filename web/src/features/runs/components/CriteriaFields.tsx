import { METRICS, OPERATORS, type Operator } from "@/features/results/criteria";
import { Icon } from "@/shared/ui/Icon";
import { newCriterion, type CriterionRow } from "../runForm";

interface Props {
  rows: CriterionRow[];
  faults: Record<number, string>;
  onChange: (rows: CriterionRow[]) => void;
}

/** Sentences that make the run fail: `p95 response time of all samples > 800 ms`. */
export function CriteriaFields({ rows, faults, onChange }: Props) {
  const put = (key: number, change: Partial<CriterionRow>) => onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  return (
    <fieldset className="form-part">
      <legend>Criteria</legend>
      {rows.length === 0 && <p className="field-help">No pass/fail criteria: the run will not be evaluated.</p>}
      {rows.map((row) => {
        const unit = METRICS.find((metric) => metric.name === row.metric)?.unit ?? "";
        return (
          <div key={row.key} className="criterion-row">
            <span>Fail if</span>
            <select className="form-select form-select-sm" aria-label="Metric" value={row.metric} onChange={(event) => put(row.key, { metric: event.target.value })}>
              {METRICS.map((metric) => (
                <option key={metric.name} value={metric.name}>
                  {metric.words}
                </option>
              ))}
            </select>
            <span>of</span>
            <input className="form-control form-control-sm" aria-label="Label" placeholder="all samples" title="A label, or empty for the total" value={row.label} onChange={(event) => put(row.key, { label: event.target.value })} />
            <select className="form-select form-select-sm" aria-label="Comparison" value={row.op} onChange={(event) => put(row.key, { op: event.target.value as Operator })}>
              {OPERATORS.map(({ op, words }) => (
                <option key={op} value={op}>
                  {words}
                </option>
              ))}
            </select>
            <input
              className={`form-control form-control-sm criterion-value ${faults[row.key] === undefined ? "" : "is-invalid"}`}
              aria-label="Limit"
              inputMode="decimal"
              value={row.value}
              onChange={(event) => put(row.key, { value: event.target.value })}
            />
            <span>{unit}</span>
            <button type="button" className="btn btn-quiet" aria-label="Remove this criterion" onClick={() => onChange(rows.filter((each) => each.key !== row.key))}>
              <Icon name="x" />
            </button>
            {faults[row.key] !== undefined && <div className="field-fault">{faults[row.key]}</div>}
          </div>
        );
      })}
      <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => onChange([...rows, newCriterion(Math.max(0, ...rows.map((row) => row.key)) + 1)])}>
        <Icon name="plus" /> Add criterion
      </button>
    </fieldset>
  );
}
