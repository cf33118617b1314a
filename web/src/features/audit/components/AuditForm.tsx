import { useState } from "react";
import { PickPerson } from "@/shared/session/PickPerson";
import { Field } from "@/shared/ui/Field";
import { Icon } from "@/shared/ui/Icon";
import { useWindowWidth } from "@/shared/ui/useWindowWidth";
import { faultOf, isEmpty, type AuditFilter } from "../auditFilter";

interface Props {
  filter: AuditFilter;
  /** Otherwise it is the user's own trail. */
  everybody: boolean;
  onSearch: (filter: AuditFilter) => void;
}

const NARROW_PX = 700;
const NONE: AuditFilter = { person: "", action: "", thing: "", text: "", from: "", to: "" };

/** The filters of the audit trail; an entry must match all of them. */
export function AuditForm({ filter, everybody, onSearch }: Props) {
  const [draft, setDraft] = useState(filter);
  const [opened, setOpened] = useState(!isEmpty(filter));
  const isNarrow = useWindowWidth() < NARROW_PX;
  const set = (change: Partial<AuditFilter>) => setDraft({ ...draft, ...change });
  const fault = faultOf(draft);
  const text = (field: "action" | "thing" | "text", label: string, placeholder: string) => (
    <Field label={label}>
      {(attributes) => (
        <input {...attributes} type="text" autoComplete="off" spellCheck={false} value={draft[field]} placeholder={placeholder} onChange={({ target }) => set({ [field]: target.value })} />
      )}
    </Field>
  );
  const time = (field: "from" | "to", label: string, wrong?: string) => (
    <Field label={label} fault={wrong}>
      {(attributes) => <input {...attributes} type="datetime-local" value={draft[field]} onChange={({ target }) => set({ [field]: target.value })} />}
    </Field>
  );
  // On a small screen the form would push the entries below the window's end.
  if (isNarrow && !opened) {
    return (
      <button type="button" className="btn btn-outline-secondary audit-open" onClick={() => setOpened(true)}>
        <Icon name="search" /> Search the audit trail
      </button>
    );
  }
  return (
    <form
      className="card sample-form"
      aria-label="Search the audit trail"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (fault === undefined) onSearch(draft);
      }}
    >
      <div className="sample-fields">
        {everybody && <PickPerson label="Person" none="anybody" value={draft.person} onChange={(person) => set({ person })} />}
        {text("action", "Action", "code, e.g. run.create")}
        {text("thing", "Object", "ID of a run, plan, cluster…")}
        {text("text", "Text", "in names, codes, details")}
        {time("from", "From")}
        {time("to", "Until", fault)}
        <div className="sample-actions">
          <button type="submit" className="btn btn-primary">
            <Icon name="search" /> Search
          </button>
          {!isEmpty(filter) && (
            <button type="button" className="btn btn-outline-secondary" onClick={() => onSearch(NONE)}>
              Reset
            </button>
          )}
        </div>
      </div>
    </form>
  );
}
