import { useRevisions } from "@/features/plans/api/useRevisions";
import { Field } from "@/shared/ui/Field";

interface Props {
  planId: string;
  value: number | null;
  onChange: (revision: number | null) => void;
}

/** Which revision of the plan is run: a pinned one is not affected by later changes of the plan. */
export function RevisionField({ planId, value, onChange }: Props) {
  const query = useRevisions(planId);
  const numbers = (query.data ?? []).map(({ revision }) => revision);
  // A selected revision that is older than the loaded ones stays selected.
  const all = value === null || numbers.includes(value) ? numbers : [...numbers, value];
  return (
    <Field label="Plan revision" help="The newest revision when the run starts, no matter who changed the plan. It runs with your rights.">
      {(attributes) => (
        <select {...attributes} className="form-select" value={value ?? ""} onChange={({ target }) => onChange(target.value === "" ? null : Number(target.value))}>
          <option value="">Newest at start</option>
          {all.map((number) => (
            <option key={number} value={number}>
              Always revision {number}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
