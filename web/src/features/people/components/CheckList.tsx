import { useId, useMemo, useState } from "react";
import type { Named } from "@/shared/api/types";
import { formatCount, plural } from "@/shared/format/numbers";

/** More options than these are found by typing. */
const SEARCH_FROM = 12;

/** Any of several: teams of a person, members of a team. What was chosen when it opened stands first. */
export function CheckList({ legend, options, chosen, onChange }: { legend: string; options: Named[]; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const id = useId();
  const [words, setWords] = useState("");
  const [first] = useState<ReadonlySet<string>>(new Set(chosen));
  const sorted = useMemo(() => [...options].sort((a, b) => Number(first.has(b.id)) - Number(first.has(a.id)) || a.name.localeCompare(b.name, "en", { numeric: true })), [options, first]);
  const found = sorted.filter((option) => option.name.toLowerCase().includes(words.trim().toLowerCase()));
  return (
    <fieldset className="field options check-list">
      <legend>
        {legend}
        {chosen.length > 0 && <span className="table-count"> {formatCount(chosen.length)}</span>}
      </legend>
      {options.length > SEARCH_FROM && (
        <input
          type="search"
          className="form-control form-control-sm"
          placeholder={`Search ${plural(options.length, "name")}`}
          aria-label={`Search ${legend.toLowerCase()}`}
          value={words}
          onChange={(event) => setWords(event.target.value)}
        />
      )}
      <div>
        {found.map((option) => (
          <div key={option.id} className="form-check">
            <input
              id={`${id}-${option.id}`}
              className="form-check-input"
              type="checkbox"
              checked={chosen.includes(option.id)}
              onChange={({ target }) => onChange(target.checked ? [...chosen, option.id] : chosen.filter((each) => each !== option.id))}
            />
            <label className="form-check-label" htmlFor={`${id}-${option.id}`}>
              {option.name}
            </label>
          </div>
        ))}
        {found.length === 0 && <span className="text-muted">No matches for “{words}”.</span>}
      </div>
    </fieldset>
  );
}
