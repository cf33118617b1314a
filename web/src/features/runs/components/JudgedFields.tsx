import { useId } from "react";
import { METRICS, OPERATORS, STOP_METRICS, type Metric, type Operator } from "@/features/results/criteria";
import { Field } from "@/shared/ui/Field";
import { Icon } from "@/shared/ui/Icon";
import { isFixed, newCriterion, newRule, type CriterionRow, type JudgedFaults, type JudgedForm, type RowFault, type RuleRow } from "../judgedForm";

interface Props {
  form: JudgedForm;
  faults: JudgedFaults;
  onChange: (form: JudgedForm) => void;
}

/** Criteria, warm-up and automatic stop, as sentences: `Fail if p95 response time of all samples > 800 ms`. */
export function JudgedFields({ form, faults, onChange }: Props) {
  const { criteria, rules } = form;
  return (
    <>
      <fieldset className="form-part">
        <legend>Criteria</legend>
        {criteria.length === 0 && <p className="field-help">No pass/fail criteria: the run will not be evaluated.</p>}
        {criteria.map((row, index) => (
          <Row
            key={row.key}
            verb="Fail if"
            name={`criterion ${index + 1}`}
            metrics={METRICS}
            row={row}
            fault={faults.criteria[row.key]}
            onChange={(changed) => onChange({ ...form, criteria: replaced(criteria, changed) })}
            onRemove={() => onChange({ ...form, criteria: criteria.filter((each) => each !== row) })}
          />
        ))}
        <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => onChange({ ...form, criteria: [...criteria, newCriterion(nextKey(criteria))] })}>
          <Icon name="plus" /> Add criterion
        </button>
        {criteria.length > 0 && (
          <Field label="Warm-up" unit="seconds" help="Samples that start within this time after the first one do not count for the criteria. The report has all of them." fault={faults.warmUp}>
            {(attributes) => <input {...attributes} type="text" inputMode="numeric" placeholder="0" value={form.warmUp} onChange={(event) => onChange({ ...form, warmUp: event.target.value })} />}
          </Field>
        )}
      </fieldset>
      <fieldset className="form-part">
        <legend>Automatic stop</legend>
        <p className="field-help">
          {rules.length === 0 ? "Off: the run is never stopped automatically." : "The run is stopped gracefully and fails as soon as one of these conditions holds for its time."}
        </p>
        {rules.map((row, index) => (
          <Row
            key={row.key}
            verb="Stop if"
            name={`rule ${index + 1}`}
            metrics={STOP_METRICS}
            row={row}
            fault={faults.rules[row.key]}
            onChange={(changed) => onChange({ ...form, rules: replaced(rules, changed) })}
            onRemove={() => onChange({ ...form, rules: rules.filter((each) => each !== row) })}
            after={(row: RuleRow, put, attributes) => (
              <>
                <span>over</span>
                <input {...attributes("window")} aria-label="Time" inputMode="numeric" value={row.window} onChange={(event) => put({ ...row, window: event.target.value })} />
                <span>s</span>
              </>
            )}
          />
        ))}
        <button type="button" className="btn btn-sm btn-outline-secondary" onClick={() => onChange({ ...form, rules: [...rules, newRule(nextKey(rules))] })}>
          <Icon name="plus" /> Add rule
        </button>
      </fieldset>
    </>
  );
}

function nextKey(rows: { key: number }[]): number {
  return Math.max(0, ...rows.map((row) => row.key)) + 1;
}

function replaced<Each extends { key: number }>(rows: Each[], changed: Each): Each[] {
  return rows.map((row) => (row.key === changed.key ? changed : row));
}

interface RowProps<Each extends CriterionRow> {
  verb: string;
  /** Distinguishes the row from the others, which have the same fields. */
  name: string;
  metrics: Metric[];
  row: Each;
  fault: RowFault | undefined;
  onChange: (row: Each) => void;
  onRemove: () => void;
  after?: (row: Each, put: (row: Each) => void, attributes: (field: RowFault["field"]) => NumberAttributes) => React.ReactNode;
}

type NumberAttributes = Pick<React.InputHTMLAttributes<HTMLInputElement>, "className" | "aria-invalid" | "aria-describedby">;

function Row<Each extends CriterionRow>({ verb, name, metrics, row, fault, onChange, onRemove, after }: RowProps<Each>) {
  const id = useId();
  const attributes = (field: RowFault["field"]): NumberAttributes => {
    const wrong = fault?.field === field;
    return { className: `form-control form-control-sm criterion-value ${wrong ? "is-invalid" : ""}`, "aria-invalid": wrong, "aria-describedby": wrong ? id : undefined };
  };
  const remove = `Remove ${name}`;
  const metric = metrics.find(({ name }) => name === row.metric);
  if (isFixed(row)) {
    return (
      <div className="criterion-row" role="group" aria-label={name}>
        <span>{verb}</span>
        <code>{row.kept}</code>
        <button type="button" className="btn btn-quiet" aria-label={remove} onClick={onRemove}>
          <Icon name="x" />
        </button>
      </div>
    );
  }
  return (
    <div className="criterion-row" role="group" aria-label={name}>
      <span>{verb}</span>
      <select className="form-select form-select-sm" aria-label="Metric" value={row.metric} onChange={(event) => onChange({ ...row, metric: event.target.value })}>
        {metric === undefined && <option value={row.metric}>{row.metric}</option>}
        {metrics.map(({ name, words }) => (
          <option key={name} value={name}>
            {words}
          </option>
        ))}
      </select>
      {row.metric !== "generator_cpu_percent" && (
        <>
          <span>of</span>
          <input
            className="form-control form-control-sm"
            aria-label="Label"
            placeholder="all samples"
            title="A label, or empty for the total"
            value={row.label}
            onChange={(event) => onChange({ ...row, label: event.target.value })}
          />
        </>
      )}
      <select className="form-select form-select-sm" aria-label="Comparison" value={row.op} onChange={(event) => onChange({ ...row, op: event.target.value as Operator })}>
        {OPERATORS.map(({ op, words }) => (
          <option key={op} value={op}>
            {words}
          </option>
        ))}
      </select>
      <input {...attributes("value")} aria-label="Limit" inputMode="decimal" value={row.value} onChange={(event) => onChange({ ...row, value: event.target.value })} />
      <span>{metric?.unit ?? ""}</span>
      {after?.(row, onChange, attributes)}
      <button type="button" className="btn btn-quiet" aria-label={remove} onClick={onRemove}>
        <Icon name="x" />
      </button>
      {fault !== undefined && (
        <div id={id} className="field-fault">
          {fault.message}
        </div>
      )}
    </div>
  );
}
