import { Icon } from "@/shared/ui/Icon";
import { isSecret, tellsASecret, withSecret } from "../secretNames";

interface Props {
  name: string;
  marked: string[];
  onChange: (marked: string[]) => void;
}

/** A lock next to a property: if it is closed, the value is masked everywhere. It is always closed if the name is a secret's. */
export function SecretToggle({ name, marked, onChange }: Props) {
  const byName = tellsASecret(name);
  const on = isSecret(name, marked);
  const title = byName ? "Masked because of its name" : on ? "Masked in the report, the pages and the API" : "Mask this value";
  return (
    <button
      type="button"
      className={on ? "btn btn-secondary" : "btn btn-outline-secondary"}
      aria-pressed={on}
      aria-label={`Secret: ${name}`}
      title={title}
      disabled={byName}
      onClick={() => onChange(withSecret(marked, name, !on))}
    >
      <Icon name={on ? "lock" : "unlock"} />
    </button>
  );
}

/** The same for names in a text. */
export function SecretNames({ names, marked, onChange }: { names: string[]; marked: string[]; onChange: (marked: string[]) => void }) {
  if (names.length === 0) return null;
  return (
    <div className="field" role="group" aria-label="Secret properties">
      {names.map((name) => (
        <label key={name} className="form-check form-check-inline">
          <input
            type="checkbox"
            className="form-check-input"
            checked={isSecret(name, marked)}
            disabled={tellsASecret(name)}
            onChange={(event) => onChange(withSecret(marked, name, event.target.checked))}
          />
          <span className="form-check-label">Mask {name}</span>
        </label>
      ))}
    </div>
  );
}
