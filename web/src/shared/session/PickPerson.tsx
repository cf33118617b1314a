import { useState } from "react";
import type { UserView } from "@/shared/api/types";
import { SearchField } from "@/shared/lists/ListFilters";
import { Field } from "@/shared/ui/Field";
import { useFoundPeople, usePerson } from "./useFoundPeople";

interface Props {
  label: string;
  /** What nobody stands for. */
  none: string;
  /** An ID; empty: nobody. */
  value: string;
  /** Only people that the server finds by these parameters, and that are accepted. */
  search?: Record<string, string>;
  accepts?: (person: UserView) => boolean;
  help?: (person: UserView | undefined) => string;
  fault?: string | undefined;
  onChange: (id: string) => void;
}

/** A choice of one person; of many, those that are not listed are found by typing. */
export function PickPerson({ label, none, value, search = {}, accepts = () => true, help, fault, onChange }: Props) {
  const [text, setText] = useState("");
  const [searches, setSearches] = useState(false);
  const found = useFoundPeople({ ...search, text });
  const listed = found.data?.items ?? [];
  // Whoever is chosen stays listed, whatever is searched for next.
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
