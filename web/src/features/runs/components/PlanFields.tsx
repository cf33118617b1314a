import type { Check, Plan } from "@/shared/api/types";
import { formatBytes } from "@/shared/format/numbers";
import { Field, Switch } from "@/shared/ui/Field";
import { parseProperties, totalOfProperty, withTotal, type RunFaults, type RunForm } from "../runForm";
import { isSecret } from "../secretNames";
import { countsUsers } from "../totalUsers";
import { SecretNames, SecretToggle } from "./SecretToggle";

interface Props {
  check: Check;
  form: RunForm;
  onChange: (form: RunForm) => void;
}

/** The plan's properties as fields with their defaults, and a field for others. */
export function PropertyFields({ check, workers, form, onChange, faults }: Props & { workers: number; faults: Pick<RunFaults, "properties" | "moreProperties" | "systemProperties"> }) {
  return (
    <fieldset className="form-part">
      <legend>Properties</legend>
      <div className="property-fields">
        {check.properties.map((property) => {
          const plain = property.value ?? property.default;
          const inAll = totalOfProperty(form, property.name);
          const total = inAll !== null;
          const value = inAll ?? form.properties[property.name] ?? plain ?? "";
          const change = (typed: string) => onChange(total ? withTotal(form, property.name, typed) : { ...form, properties: { ...form.properties, [property.name]: typed } });
          return (
            <Field key={property.name} label={property.name} fault={faults.properties?.[property.name]}>
              {(attributes) => (
                <div className="input-group">
                  <input
                    {...attributes}
                    type={isSecret(property.name, form.secret) ? "password" : "text"}
                    autoComplete="off"
                    placeholder={plain === null ? "no default" : ""}
                    value={value}
                    onChange={(event) => change(event.target.value)}
                  />
                  {(total || (workers > 1 && countsUsers(check, property.name) && /^[1-9]\d*$/.test(value.trim()))) && (
                    <button
                      type="button"
                      className="btn btn-outline-secondary"
                      aria-pressed={total}
                      title={total ? "Divided among the workers. Click to give each worker this value." : `Each of the ${workers} workers has this value. Click to divide it among them.`}
                      onClick={() => onChange(withTotal(form, property.name, total ? null : value.trim()))}
                    >
                      {total ? "in all" : "each"}
                    </button>
                  )}
                  <SecretToggle name={property.name} marked={form.secret} onChange={(secret) => onChange({ ...form, secret })} />
                </div>
              )}
            </Field>
          );
        })}
      </div>
      <details open={form.moreProperties !== "" || form.systemProperties !== "" || faults.moreProperties !== undefined || faults.systemProperties !== undefined}>
        <summary>{check.properties.length === 0 ? "The plan has no parameters. Add properties" : "Additional properties"}</summary>
        <Field label="One name=value per line" help="As with -J, for the master and every worker." fault={faults.moreProperties}>
          {(attributes) => <textarea {...attributes} rows={3} spellCheck={false} value={form.moreProperties} onChange={(event) => onChange({ ...form, moreProperties: event.target.value })} />}
        </Field>
        <SecretNames names={Object.keys(parseProperties(form.moreProperties).properties)} marked={form.secret} onChange={(secret) => onChange({ ...form, secret })} />
        <Field label="Java system properties" help="One name=value per line (as with -D), for every JVM." fault={faults.systemProperties}>
          {(attributes) => <textarea {...attributes} rows={2} spellCheck={false} value={form.systemProperties} onChange={(event) => onChange({ ...form, systemProperties: event.target.value })} />}
        </Field>
        <SecretNames names={Object.keys(parseProperties(form.systemProperties).properties)} marked={form.secret} onChange={(secret) => onChange({ ...form, secret })} />
      </details>
    </fieldset>
  );
}

/** For each data file: a full copy for every worker, or its rows split across them. */
export function SplitFields({ check, workers, form, onChange }: Props & { workers: number }) {
  const files = check.data_files.filter((file, index, all) => file.found && all.findIndex((other) => other.path === file.path) === index);
  if (files.length === 0 || workers < 2) return null;
  return (
    <fieldset className="form-part">
      <legend>Data files</legend>
      {files.map((file) => (
        <Switch
          key={file.path}
          label={`Split ${file.path} across the ${workers} workers`}
          help={`${file.element}, ${formatBytes(file.bytes)}. Off: every worker gets a full copy. On: each worker gets its share of the rows; keeps the header line.`}
          checked={form.split.includes(file.path)}
          onChange={(on) => onChange({ ...form, split: on ? [...form.split, file.path] : form.split.filter((path) => path !== file.path) })}
        />
      ))}
    </fieldset>
  );
}

/** Property files next to the plan: read by every JMeter, or ignored. */
export function PropertiesFileFields({ plan, form, onChange }: { plan: Plan | undefined; form: RunForm; onChange: (form: RunForm) => void }) {
  const files = plan?.files.filter((file) => file.kind === "properties") ?? [];
  if (files.length === 0) return null;
  return (
    <fieldset className="form-part">
      <legend>Properties files</legend>
      {files.map((file) => (
        <Switch
          key={file.path}
          label={`Read ${file.path}`}
          help="As with -q, on the master and every worker. The properties above take precedence."
          checked={form.propertiesFiles.includes(file.path)}
          onChange={(on) => onChange({ ...form, propertiesFiles: on ? [...form.propertiesFiles, file.path] : form.propertiesFiles.filter((path) => path !== file.path) })}
        />
      ))}
    </fieldset>
  );
}
