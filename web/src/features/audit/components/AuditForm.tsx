import { useState } from "react";
import { useWatch } from "react-hook-form";
import { TextField } from "@/shared/forms/fields";
import { useCheckedForm, type Checked } from "@/shared/forms/useCheckedForm";
import { PickPerson } from "@/shared/session/PickPerson";
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

function check(filter: AuditFilter): Checked<AuditFilter, AuditFilter> {
  const fault = faultOf(filter);
  return fault === undefined ? { request: filter, faults: {} } : { request: null, faults: { to: fault } };
}

/** The filters of the audit trail; an entry must match all of them. */
export function AuditForm({ filter, everybody, onSearch }: Props) {
  const { form } = useCheckedForm({ first: filter, checksFirst: true, check });
  const person = useWatch({ control: form.control, name: "person" });
  const [opened, setOpened] = useState(!isEmpty(filter));
  const isNarrow = useWindowWidth() < NARROW_PX;
  // On a small screen the form would push the entries below the window's end.
  if (isNarrow && !opened) {
    return (
      <button type="button" className="btn btn-outline-secondary audit-open" onClick={() => setOpened(true)}>
        <Icon name="search" /> Search the audit trail
      </button>
    );
  }
  return (
    <form className="card sample-form" aria-label="Search the audit trail" noValidate onSubmit={(event) => void form.handleSubmit(onSearch)(event)}>
      <div className="sample-fields">
        {everybody && <PickPerson label="Person" none="anybody" value={person} onChange={(id) => form.setValue("person", id)} />}
        <TextField form={form} name="action" label="Action" placeholder="code, e.g. run.create" />
        <TextField form={form} name="thing" label="Object" placeholder="ID of a run, plan, cluster…" />
        <TextField form={form} name="text" label="Text" placeholder="in names, codes, details" />
        <TextField form={form} name="from" label="From" type="datetime-local" />
        <TextField form={form} name="to" label="Until" type="datetime-local" />
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
