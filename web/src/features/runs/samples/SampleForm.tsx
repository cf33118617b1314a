import { useState } from "react";
import { useTimeline } from "@/shared/charts/timeline";
import { Field } from "@/shared/ui/Field";
import { Icon } from "@/shared/ui/Icon";
import type { SampleDraft } from "./sampleDraft";
import { EMPTY, faultsOf, fromLocal, LIMITS, toLocal, type Faults, type SampleFilter } from "./sampleFilter";

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
  const [draft, setDraft] = useState(kept?.read() ?? filter ?? EMPTY);
  const [faults, setFaults] = useState<Faults>(() => (filter === null ? {} : faultsOf(filter)));
  const { range } = useTimeline();
  const set = (change: Partial<SampleFilter>) => {
    const next = { ...draft, ...change };
    setDraft(next);
    kept?.write(next);
  };
  const search = (next: SampleFilter | null) => {
    kept?.write(null);
    onSearch(next);
  };
  const text = (field: "label" | "code" | "min_ms" | "max_ms" | "thread" | "text", label: string, placeholder: string, unit?: string) => (
    <Field label={label} fault={faults[field]} {...(unit === undefined ? {} : { unit })}>
      {(attributes) => <input {...attributes} value={draft[field]} placeholder={placeholder} onChange={(event) => set({ [field]: event.target.value })} />}
    </Field>
  );
  const time = (field: "from_ms" | "to_ms", label: string) => (
    <Field label={label} fault={faults[field]}>
      {(attributes) => <input {...attributes} type="datetime-local" step={1} value={toLocal(draft[field])} onChange={(event) => set({ [field]: fromLocal(event.target.value) })} />}
    </Field>
  );
  return (
    <form
      className="card sample-form"
      aria-label="Search for samples"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const found = faultsOf(draft);
        setFaults(found);
        if (Object.keys(found).length === 0) search({ ...draft, min_ms: draft.min_ms.trim(), max_ms: draft.max_ms.trim(), code: draft.code.trim() });
      }}
    >
      <div className="sample-fields">
        {text("label", "Label", "regular expression")}
        {text("text", "Text", "in the message or URL")}
        {text("code", "Response code", "any")}
        <Field label="Result">
          {(attributes) => (
            <select {...attributes} className="form-select" value={draft.success} onChange={(event) => set({ success: event.target.value as SampleFilter["success"] })}>
              <option value="">passed or failed</option>
              <option value="true">passed</option>
              <option value="false">failed</option>
            </select>
          )}
        </Field>
        {text("min_ms", "Min response time", "any", "ms")}
        {text("max_ms", "Max response time", "any", "ms")}
        {time("from_ms", "Started after")}
        {time("to_ms", "Started before")}
        {text("thread", "Thread", "regular expression")}
        <Field label="Show">
          {(attributes) => (
            <div className="input-group">
              <select {...attributes} className="form-select" value={draft.keep} onChange={(event) => set({ keep: event.target.value as SampleFilter["keep"] })}>
                <option value="first">first</option>
                <option value="slowest">slowest</option>
              </select>
              <select className="form-select" aria-label="How many" value={draft.limit} onChange={(event) => set({ limit: event.target.value })}>
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
          <button type="button" className="btn btn-outline-secondary" onClick={() => set({ from_ms: String(Math.floor(range[0])), to_ms: String(Math.ceil(range[1])) })}>
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
