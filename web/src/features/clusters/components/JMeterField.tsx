import type { Info } from "@/shared/api/types";
import { Field } from "@/shared/ui/Field";
import { jmeterChoices } from "../jmeterChoices";
import type { FormProps } from "./FormText";

/** The nodes' JMeter version: the server's own, or one that it downloads on first use. */
export function JMeterField({ form, faults, onChange, info }: FormProps & { info: Info | undefined }) {
  return (
    <Field label="JMeter" fault={faults.jmeterVersion} help="Used on every node. Downloaded once if the server does not have it yet.">
      {(attributes) => (
        <select
          {...attributes}
          className={faults.jmeterVersion === undefined ? "form-select" : "form-select is-invalid"}
          value={form.jmeterVersion}
          onChange={(event) => onChange({ ...form, jmeterVersion: event.target.value })}
        >
          {jmeterChoices(info, form.jmeterVersion).map(({ version, words }) => (
            <option key={version} value={version}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
