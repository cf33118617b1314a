import { useEffect, useRef, useState } from "react";
import { useSession } from "@/shared/session/useSession";
import type { ListState, Whose } from "./listState";

/** A parameter that is one of a few values. */
export interface Facet {
  /** The API's parameter. */
  name: string;
  label: string;
  /** With a single one it is a switch: that one, or any. */
  options: { value: string; word: string }[];
  /** There may be others than those; even a single one is a choice. */
  open?: true;
}

interface Props {
  title: string;
  state: ListState;
  facets: Facet[];
  /** What the text is looked for in. */
  searches: string;
  /** Rows that have no owner. */
  unowned: boolean;
  onChange: (change: Partial<ListState>) => void;
}

const WHOSE: { whose: Whose; word: string }[] = [
  { whose: "mine", word: "Mine" },
  { whose: "team", word: "Team" },
  { whose: "all", word: "All" },
];
/** Between the last key and the question to the server. */
const TYPING_MS = 250;

/** Whose things, a text, and choices; all of it is in the URL. */
export function ListFilters({ title, state, facets, searches, unowned, onChange }: Props) {
  const { data: session } = useSession();
  const inTeams = (session?.user.teams.length ?? 0) > 0;
  // Whoever is alone here needs no owners.
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
      <button type="button" className="btn btn-sm btn-outline-secondary list-switch" aria-pressed={value === only.value} onClick={() => onChange(value === only.value ? "" : only.value)}>
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

/** Asks a moment after the last key; follows the URL when that changes otherwise. */
export function SearchField({ label, hint, value, onChange }: { label: string; hint: string; value: string; onChange: (text: string) => void }) {
  const [typed, setTyped] = useState(value);
  const [asked, setAsked] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const [seen, setSeen] = useState(value);
  // The URL may lag behind the typing: what it says is taken only where it was not asked for here.
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
        // In a dialog's form it would send the form.
        event.preventDefault();
        ask(typed);
      }}
    />
  );
}
