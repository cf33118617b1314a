import { useId } from "react";
import type { Named } from "@/shared/api/types";

/** Any of several: teams of a person, members of a team. */
export function CheckList({ legend, options, chosen, onChange }: { legend: string; options: Named[]; chosen: string[]; onChange: (chosen: string[]) => void }) {
  const id = useId();
  return (
    <fieldset className="field options check-list">
      <legend>{legend}</legend>
      <div>
        {options.map((option) => (
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
      </div>
    </fieldset>
  );
}
