import type { Plan, Run } from "@/shared/api/types";
import { Field } from "@/shared/ui/Field";
import type { RunForm } from "../runForm";

interface Props {
  like: Run;
  plan: Plan;
  form: RunForm;
  onChange: (form: RunForm) => void;
}

/** Settings of a run that differ from its plan's current ones and have no other field: its revision, and the kept files. */
export function AsItWas({ like, plan, form, onChange }: Props) {
  const was = like.plan_revision;
  return (
    <>
      {was !== null && was !== plan.revision && (
        <Field label="Plan revision" help={form.revision === null ? undefined : "The fields below are of the newest revision. The start checks the one that is run."}>
          {(attributes) => (
            <select {...attributes} className="form-select" value={form.revision ?? ""} onChange={({ target }) => onChange({ ...form, revision: target.value === "" ? null : Number(target.value) })}>
              <option value={was}>Same as last run: revision {was}</option>
              <option value="">Newest, revision {plan.revision}</option>
            </select>
          )}
        </Field>
      )}
      {form.keep !== null && (
        <p className="field-help">
          {form.keep.length === 0 ? "No files are kept, as in the last run." : `Files to keep, as in the last run: ${form.keep.join(", ")}.`}{" "}
          <button type="button" className="btn btn-link btn-sm p-0" onClick={() => onChange({ ...form, keep: null })}>
            Use the plan’s
          </button>
        </p>
      )}
    </>
  );
}
