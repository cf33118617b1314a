import { Link } from "react-router";
import { Field } from "@/shared/ui/Field";
import type { CredentialChoice } from "../credentialChoices";

interface Props {
  label: string;
  choices: CredentialChoice[];
  value: string;
  /** What to do if there are no credentials to select. */
  none: string;
  fault: string | undefined;
  onChange: (value: string) => void;
}

/** A choice of the user's saved credentials. */
export function CredentialField({ label, choices, value, none, fault, onChange }: Props) {
  const help = (
    <>
      {choices.length === 0 ? none : "Saved"} under <Link to="/settings/credentials">Settings, Credentials</Link>.
    </>
  );
  return (
    <Field label={label} help={help} fault={fault}>
      {(attributes) => (
        <select {...attributes} className={attributes.className.replace("form-control", "form-select")} value={value} onChange={({ target }) => onChange(target.value)}>
          {value === "" && <option value="">{choices.length === 0 ? "none saved" : "Select…"}</option>}
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value} disabled={choice.disabled}>
              {choice.word}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
