import { useId, type ReactNode } from "react";
import { Field } from "@/shared/ui/Field";
import type { ClusterField, ClusterForm, Faults } from "../clusterForm";

/** What every field of the create form needs. */
export interface FormProps {
  form: ClusterForm;
  /** The errors to show now. */
  faults: Faults;
  onChange: (form: ClusterForm) => void;
}

interface Props extends FormProps {
  field: ClusterField;
  label: string;
  help?: ReactNode;
  unit?: string;
  placeholder?: string;
  numeric?: boolean;
  /** More than one makes it a text area. */
  lines?: number;
  /** Names and identifiers: disables spell checking. */
  technical?: boolean;
  /** Suggestions while typing. */
  suggestions?: string[];
}

/** A text field of the create form. */
export function FormText({ form, faults, onChange, field, label, help, unit, placeholder, numeric, lines, technical, suggestions }: Props) {
  const list = useId();
  return (
    <Field label={label} help={help} {...(unit === undefined ? {} : { unit })} fault={faults[field]}>
      {(attributes) => {
        const set = (value: string) => onChange({ ...form, [field]: value });
        const raw = technical === true ? ({ spellCheck: false, autoCapitalize: "off", autoComplete: "off" } as const) : {};
        if (lines !== undefined) return <textarea {...attributes} {...raw} rows={lines} wrap="off" placeholder={placeholder} value={form[field]} onChange={(event) => set(event.target.value)} />;
        return (
          <>
            <input
              {...attributes}
              {...raw}
              type="text"
              inputMode={numeric === true ? "numeric" : "text"}
              list={suggestions === undefined ? undefined : list}
              placeholder={placeholder}
              value={form[field]}
              onChange={(event) => set(event.target.value)}
            />
            {suggestions !== undefined && (
              <datalist id={list}>
                {suggestions.map((each) => (
                  <option key={each} value={each} />
                ))}
              </datalist>
            )}
          </>
        );
      }}
    </Field>
  );
}
