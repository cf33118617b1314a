import { useEffect } from "react";
import { useController } from "react-hook-form";
import { useTimeline } from "@/shared/charts/timeline";
import { SelectField, TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked, type CheckedForm } from "@/shared/forms/useCheckedForm";
import { Field } from "@/shared/ui/Field";
import { Icon } from "@/shared/ui/Icon";
import type { SampleDraft } from "./sampleDraft";
import { EMPTY, faultsOf, fromLocal, LIMITS, toLocal, type SampleFilter } from "./sampleFilter";

interface Props {
  /** The search that is shown; null before the first one. */
  filter: SampleFilter | null;
  /** Keeps what is typed while the form is not in the page. */
  draft?: SampleDraft;
  busy: boolean;
  live: boolean;
  onSearch: (filter: SampleFilter | null) => void;
}

/** The filters of the search; a sample must match all of them. */
export function SampleForm({ filter, draft: kept, busy, live, onSearch }: Props) {
  const { range } = useTimeline();
  const { form } = useCheckedForm({ first: kept?.read() ?? filter ?? EMPTY, checksFirst: filter !== null, check });
  const { subscribe, setValue } = form;
  useEffect(() => subscribe({ formState: { values: true }, callback: ({ values }) => kept?.write(values) }), [subscribe, kept]);
  const search = (next: SampleFilter | null) => {
    kept?.write(null);
    onSearch(next);
  };
  return (
    <form className="card sample-form" aria-label="Search for samples" noValidate onSubmit={(event) => void form.handleSubmit(search)(event)}>
      <div className="sample-fields">
        <TextField form={form} name="label" label="Label" placeholder="regular expression" />
        <TextField form={form} name="text" label="Text" placeholder="in the message or URL" />
        <TextField form={form} name="code" label="Response code" placeholder="any" />
        <SelectField form={form} name="success" label="Result">
          <option value="">passed or failed</option>
          <option value="true">passed</option>
          <option value="false">failed</option>
        </SelectField>
        <TextField form={form} name="min_ms" label="Min response time" placeholder="any" unit="ms" />
        <TextField form={form} name="max_ms" label="Max response time" placeholder="any" unit="ms" />
        <MomentField form={form} name="from_ms" label="Started after" />
        <MomentField form={form} name="to_ms" label="Started before" />
        <TextField form={form} name="thread" label="Thread" placeholder="regular expression" />
        <Field label="Show">
          {(attributes) => (
            <div className="input-group">
              <select {...attributes} className="form-select" {...form.register("keep")}>
                <option value="first">first</option>
                <option value="slowest">slowest</option>
              </select>
              <select className="form-select" aria-label="How many" {...form.register("limit")}>
                {LIMITS.map((limit) => (
                  <option key={limit}>{limit}</option>
                ))}
              </select>
            </div>
          )}
        </Field>
      </div>
      <div className="sample-actions">
        <button type="submit" className="btn btn-primary" disabled={busy}>
          <Icon name={busy ? "hourglass" : "search"} /> {busy ? "Searching…" : live && filter !== null ? "Search again" : "Search"}
        </button>
        {range !== null && (
          <button
            type="button"
            className="btn btn-outline-secondary"
            onClick={() => {
              setValue("from_ms", String(Math.floor(range[0])));
              setValue("to_ms", String(Math.ceil(range[1])));
            }}
          >
            Use zoomed range
          </button>
        )}
        {filter !== null && (
          <button type="button" className="btn btn-outline-secondary" onClick={() => search(null)}>
            Clear
          </button>
        )}
      </div>
    </form>
  );
}

function check(filter: SampleFilter): Checked<SampleFilter, SampleFilter> {
  const faults = faultsOf(filter);
  return { faults, request: Object.keys(faults).length > 0 ? null : { ...filter, min_ms: filter.min_ms.trim(), max_ms: filter.max_ms.trim(), code: filter.code.trim() } };
}

/** The value is in milliseconds since the epoch; the input has seconds. */
function MomentField({ form, name, label }: { form: CheckedForm<SampleFilter, SampleFilter>; name: "from_ms" | "to_ms"; label: string }) {
  const { field, fieldState } = useController({ control: form.control, name });
  return (
    <Field label={label} fault={fieldState.error?.message}>
      {(attributes) => <input {...attributes} ref={field.ref} type="datetime-local" step={1} value={toLocal(field.value)} onChange={({ target }) => field.onChange(fromLocal(target.value))} />}
    </Field>
  );
}
