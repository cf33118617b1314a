import type { Plan } from "@/shared/api/types";
import { judgedForm, type JudgedFaults, type JudgedForm } from "../judgedForm";
import { JudgedFields } from "./JudgedFields";

interface Props {
  plan: Plan;
  /** null: the plan's own. */
  judged: JudgedForm | null;
  faults: JudgedFaults;
  onChange: (judged: JudgedForm | null) => void;
}

/** Criteria and automatic stop of the run: initially the plan's, and a change applies to this run only. */
export function RunJudged({ plan, judged, faults, onChange }: Props) {
  return (
    <>
      <JudgedFields form={judged ?? judgedForm(plan.criteria)} faults={faults} onChange={onChange} />
      <p className="field-help mb-3">
        {judged === null ? (
          `Criteria and automatic stop of the plan (version ${plan.criteria.version}).`
        ) : (
          <>
            Changed for this run only.{" "}
            <button type="button" className="btn btn-link btn-sm p-0" onClick={() => onChange(null)}>
              Use the plan’s (version {plan.criteria.version})
            </button>
          </>
        )}
      </p>
    </>
  );
}
