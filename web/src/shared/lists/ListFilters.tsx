import { useEffect, useRef, useState } from "react";
import { useSession } from "@/shared/session/useSession";
import type { ListState, Whose } from "./listState";

/** A parameter with a fixed set of values. */
export interface Facet {
  /** The API's parameter. */
  name: string;
  label: string;
  /** With a single value it is a switch: that value, or any. */
  options: { value: string; word: string }[];
  /** There may be more values than these; even a single one is a choice. */
  open?: true;
}

interface Props {
  title: string;
  state: ListState;
  facets: Facet[];
  /** The fields that the text is searched in. */
  searches: string;
  /** Rows without owners. */
  unowned: boolean;
  onChange: (change: Partial<ListState>) => void;
}

const WHOSE: { whose: Whose; word: string }[] = [
  { whose: "mine", word: "Mine" },
  { whose: "team", word: "Team" },
  { whose: "all", word: "All" },
];
/** Delay between the last keystroke and the request. */
const TYPING_MS = 250;

/** Filters: owner, text, and choices; all of them are in the URL. */
export function ListFilters({ title, state, facets, searches, unowned, onChange }: Props) {
  const { data: session } = useSession();
  const inTeams = (session?.user.teams.length ?? 0) > 0;
  // The only user of a server needs no filter by owner.
  const whose = unowned || (session?.single_user === true && state.whose === "all") ? [] : WHOSE.filter(({ whose: each }) => each !== "team" || inTeams || state.whose === "team");
  return (
    <>
      {whose.length > 0 && (
        <div className="btn-group btn-group-sm" role="group" aria-label={`Whose ${title.toLowerCase()}`}>
          {whose.map((each) => (
            <button key={each.whose} type="button" className="btn btn-outline-secondary" aria-pressed={state.whose === each.whose} onClick={() => onChange({ whose: each.whose })}>
              {each.word}
            </button>
          ))}
        </div>
      )}
      <SearchField label={`Search ${title.toLowerCase()}`} hint={searches} value={state.text} onChange={(text) => onChange({ text })} />
      {facets.map((facet) => (
        <FacetField key={facet.name} facet={facet} value={state.facets[facet.name] ?? ""} onChange={(value) => onChange({ facets: { ...state.facets, [facet.name]: value } })} />
      ))}
    </>
  );
}

function FacetField({ facet, value, onChange }: { facet: Facet; value: string; onChange: (value: string) => void }) {
  const [only] = facet.options;
  if (facet.open !== true && facet.options.length === 1 && only !== undefined) {
    return (
      <button type="button" className="btn btn-sm btn-outline-secondary" aria-pressed={value === only.value} onClick={() => onChange(value === only.value ? "" : only.value)}>
        {facet.label}
      </button>
    );
  }
  return (
    <select className="form-select form-select-sm list-facet" aria-label={facet.label} value={value} onChange={({ target }) => onChange(target.value)}>
      <option value="">{facet.label}: any</option>
      {facet.options.map((option) => (
        <option key={option.value} value={option.value}>
          {option.word}
        </option>
      ))}
    </select>
  );
}

/** Searches a moment after the last keystroke; follows the URL when that changes otherwise. */
export function SearchField({ label, hint, value, onChange }: { label: string; hint: string; value: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [asked, setAsked] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [seen, setSeen] = useState(value);
  // The URL may lag behind the typing: its value is used only if it did not come from this field.
  if (value !== seen) {
    setSeen(value);
    if (value !== asked) setTyped(value);
  }
  const ask = (text: string) => {
    clearTimeout(timer.current);
    setAsked(text);
    onChange(text);
  };
  return (
    <input
      className="form-control form-control-sm table-filter"
      type="search"
      placeholder={hint}
      aria-label={label}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => ask(target.value), TYPING_MS);
      }}
      onKeyDown={(event) => {
        if (event.key !== "Enter") return;
        // In a dialog's form Enter would submit the form.
        event.preventDefault();
        ask(typed);
      }}
    />
  );
}
