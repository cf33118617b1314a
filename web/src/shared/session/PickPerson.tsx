import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { SearchField } from "@/shared/lists/ListFilters";
import { Field } from "@/shared/ui/Field";
import { useFoundPeople, usePerson } from "./useFoundPeople";

interface Props {
  label: string;
  /** The text for no selection. */
  none: string;
  /** An ID; empty: no user. */
  value: string;
  /** Only users that match these parameters of the request, and that are accepted. */
  search?: Record<string, string>;
  accepts?: (person: UserView) => boolean;
  help?: (person: UserView | undefined) => string;
  fault?: string | undefined;
  onChange: (id: string) => void;
}

/** A choice of one user; if there are many, the others are found by typing. */
export function PickPerson({ label, none, value, search = {}, accepts = () => true, help, fault, onChange }: Props) {
  const [text, setText] = useState("");
  const [searches, setSearches] = useState(false);
  const found = useFoundPeople({ ...search, text });
  const listed = found.data?.items ?? [];
  // The selected user stays listed, whatever is searched next.
  const named = usePerson(value === "" || listed.some(({ id }) => id === value) ? null : value);
  const people = [...(named.data === undefined ? [] : [named.data]), ...listed.filter(accepts)];
  if (found.data?.next != null && !searches) setSearches(true);
  const chosen = people.find(({ id }) => id === value);
  return (
    <Field label={label} fault={fault} help={help?.(chosen)}>
      {(attributes) => (
        <>
          <select {...attributes} className={attributes.className.replace("form-control", "form-select")} value={value} onChange={({ target }) => onChange(target.value)}>
            <option value="">{none}</option>
            {people.map((person) => (
              <option key={person.id} value={person.id}>
                {person.name}
              </option>
            ))}
          </select>
          {searches && <SearchField label={`Search ${label.toLowerCase()}`} hint="Search people by name" value={text} onChange={setText} />}
        </>
      )}
    </Field>
  );
}
