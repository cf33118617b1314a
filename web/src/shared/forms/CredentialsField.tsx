import type { FieldPath, FieldValues } from "react-hook-form";
import type { CredentialView } from "@/shared/api/types";
import { SelectField } from "./fields";
import type { CheckedForm } from "./useCheckedForm";

interface Props<Values extends FieldValues, Request> {
  form: CheckedForm<Values, Request>;
  name: FieldPath<Values>;
  /** The user's own sets of AWS credentials. */
  sets: CredentialView[];
}

/** A choice of one of the user's sets of credentials. */
export function CredentialsField<Values extends FieldValues, Request>({ form, name, sets }: Props<Values, Request>) {
  return (
    <SelectField form={form} name={name} label="Credentials" help="Your own, saved under Credentials.">
      <option value="">Choose…</option>
      {sets.map((set) => (
        <option key={set.id} value={set.id}>
          {set.name}
        </option>
      ))}
    </SelectField>
  );
}
