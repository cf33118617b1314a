import { useId, useState } from "react";
import type { Named } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { SearchField } from "@/shared/lists/ListFilters";

interface Props {
  legend: string;
  /** The initial selection, as far as it matches the text: shown first. */
  first: Named[];
  /** The server's matches for the text. */
  found: Named[];
  /** The server has more. */
  more: boolean;
  /** Number of selected entries, shown or not. */
  count: number;
  isChosen: (option: Named) => boolean;
  text: string;
  onSearch: (text: string) => void;
  onChange: (option: Named, chosen: boolean) => void;
}

/** A multiple choice: teams of a user, members of a team. If there are many, the others are found by search. */
export function CheckList({ legend, first, found, more, count, isChosen, text, onSearch, onChange }: Props) {
  const id = useId();
  // Once there were too many to show, the search field stays.
  const [searches, setSearches] = useState(false);
  if (more && !searches) setSearches(true);
  const known = new Set(first.map((option) => option.id));
  const options = [...first, ...found.filter((option) => !known.has(option.id))];
  return (
    <fieldset className="field options check-list">
      <legend>
        {legend}
        {count > 0 && <span className="table-count"> {formatCount(count)}</span>}
      </legend>
      {searches && <SearchField label={`Search ${legend.toLowerCase()}`} hint="Search by name" value={text} onChange={onSearch} />}
      <div>
        {options.map((option) => (
          <div key={option.id} className="form-check">
            <input id={`${id}-${option.id}`} className="form-check-input" type="checkbox" checked={isChosen(option)} onChange={({ target }) => onChange(option, target.checked)} />
            <label className="form-check-label" htmlFor={`${id}-${option.id}`}>
              {option.name}
            </label>
          </div>
        ))}
        {more && <span className="text-muted">Search by name for more.</span>}
        {options.length === 0 && <span className="text-muted">{text === "" ? "Loading…" : `No matches for “${text}”.`}</span>}
      </div>
    </fieldset>
  );
}
