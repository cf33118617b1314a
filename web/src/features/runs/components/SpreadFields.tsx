import type { ResultsChoice } from "@/shared/api/types";
import { Field } from "@/shared/ui/Field";
import { RESULTS_WORDS } from "../spreadWords";
import type { RunFaults, RunForm } from "../runForm";

interface Props {
  workers: number;
  form: RunForm;
  faults: Pick<RunFaults, "minWorkers" | "share">;
  onChange: (form: RunForm) => void;
}

/** How the run is distributed over its workers: the path of results, totals that are divided, and how many workers may be lost. */
export function SpreadFields({ workers, form, faults, onChange }: Props) {
  if (workers < 1) return null;
  const changed = form.results !== "auto" || form.minWorkers !== "" || form.share !== "";
  return (
    <fieldset className="form-part">
      <legend>Workers</legend>
      <details open={changed || faults.minWorkers !== undefined || faults.share !== undefined}>
        <summary>Results and totals of the workers</summary>
        <div className="field-pair">
          <Field label="Results" help="Direct: each worker writes its own log, and no master runs. Automatic: direct with more than 20 workers.">
            {(attributes) => (
              <select {...attributes} value={form.results} onChange={(event) => onChange({ ...form, results: event.target.value as ResultsChoice })}>
                {Object.entries(RESULTS_WORDS).map(([choice, word]) => (
                  <option key={choice} value={choice}>
                    {word}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Minimum workers" help="With direct results, the run continues while this many workers are left. Empty: it ends with the first lost worker." fault={faults.minWorkers}>
            {(attributes) => <input {...attributes} type="text" inputMode="numeric" value={form.minWorkers} onChange={(event) => onChange({ ...form, minWorkers: event.target.value })} />}
          </Field>
        </div>
        <Field label="Totals divided among the workers" help="One name=total per line: threads=1000 on 3 workers is 334, 333 and 333." fault={faults.share}>
          {(attributes) => <textarea {...attributes} rows={2} spellCheck={false} value={form.share} onChange={(event) => onChange({ ...form, share: event.target.value })} />}
        </Field>
      </details>
    </fieldset>
  );
}
