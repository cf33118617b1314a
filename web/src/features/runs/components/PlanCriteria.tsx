import { useState } from "react";
import { autoStopWords, failsIf } from "@/features/results/judgedWords";
import type { Plan } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { useLiveForm } from "@/shared/forms/useLiveForm";
import { useRights } from "@/shared/session/useSession";
import { Dialog } from "@/shared/ui/Dialog";
import { DialogButtons } from "@/shared/ui/DialogButtons";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { useSetCriteria } from "../api/useSetCriteria";
import { checkJudged, judgedForm } from "../judgedForm";
import { JudgedFields } from "./JudgedFields";

/** The plan's criteria and automatic stop. */
export function PlanCriteria({ plan }: { plan: Plan }) {
  const [editing, setEditing] = useState(false);
  const { mayWrite } = useRights();
  const { criteria, warm_up_s, stop_rules, version } = plan.criteria;
  return (
    <section className="card list-card" aria-label="Criteria of the plan">
      <header className="chart-head">
        <h2>Criteria</h2>
        <span className="chart-unit">version {version}, for its next runs</span>
        {mayWrite(plan) && (
          <button type="button" className="btn btn-sm btn-outline-secondary ms-auto" onClick={() => setEditing(true)}>
            Edit
          </button>
        )}
      </header>
      <ul className="pairs">
        {criteria.length === 0 && <li>No pass/fail criteria: runs are not evaluated.</li>}
        {criteria.map((expression) => (
          <li key={expression} title={expression}>
            {failsIf(expression)}
          </li>
        ))}
        {warm_up_s > 0 && (
          <li>
            <span>Warm-up</span>
            <span>{formatDuration(warm_up_s)} do not count</span>
          </li>
        )}
        <li>
          <span>Automatic stop</span>
          <span className="pair-value">{autoStopWords(stop_rules)}</span>
        </li>
      </ul>
      {editing && <CriteriaDialog plan={plan} onClose={() => setEditing(false)} />}
    </section>
  );
}

function CriteriaDialog({ plan, onClose }: { plan: Plan; onClose: () => void }) {
  const { values: form, setValues, tried, submitBy } = useLiveForm(judgedForm(plan.criteria));
  // The form edits this version, even if a newer one arrives meanwhile.
  const [version] = useState(plan.criteria.version);
  const save = useSetCriteria(plan.id);
  const { judged, faults } = checkJudged(form);
  const submit = submitBy(() => {
    if (judged !== null && !save.isPending) save.mutate({ ...judged, version }, { onSuccess: onClose });
  });
  return (
    <Dialog
      wide
      title={`Criteria of ${plan.name}`}
      onClose={onClose}
      onSubmit={submit}
      footer={<DialogButtons onCancel={onClose} action={save.isPending ? "Saving…" : "Save"} disabled={save.isPending} />}
    >
      <JudgedFields form={form} faults={tried ? faults : { criteria: {}, rules: {} }} onChange={setValues} />
      {save.error !== null && <ErrorBox error={save.error} />}
    </Dialog>
  );
}
