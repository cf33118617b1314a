import { useId, type ReactNode } from "react";

interface FieldProps {
  label: string;
  help?: ReactNode;
  fault?: string | null | undefined;
  /** Unit after the input. */
  unit?: string;
  children: (attributes: { id: string; className: string; "aria-describedby": string; "aria-invalid": boolean }) => ReactNode;
}

/** A label, an input, and below it help and an error. */
export function Field({ label, help, fault, unit, children }: FieldProps) {
  const id = useId();
  const wrong = fault !== null && fault !== undefined;
  const input = children({
    id,
    className: wrong ? "form-control is-invalid" : "form-control",
    "aria-describedby": `${id}-help`,
    "aria-invalid": wrong,
  });
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {unit === undefined ? (
        input
      ) : (
        <div className="input-group">
          {input}
          <span className="input-group-text">{unit}</span>
        </div>
      )}
      <div id={`${id}-help`}>
        {wrong && <div className="field-fault">{fault}</div>}
        {help !== undefined && <div className="field-help">{help}</div>}
      </div>
    </div>
  );
}

interface SwitchProps {
  label: string;
  help?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

export function Switch({ label, help, checked, disabled, onChange }: SwitchProps) {
  const id = useId();
  return (
    <div className="field">
      <div className="form-check form-switch">
        <input id={id} className="form-check-input" type="checkbox" role="switch" checked={checked} disabled={disabled} onChange={(event) => onChange(event.target.checked)} />
        <label className="form-check-label" htmlFor={id}>
          {label}
        </label>
      </div>
      {help !== undefined && <div className="field-help">{help}</div>}
    </div>
  );
}

interface OptionsProps<Value extends string> {
  legend: string;
  value: Value;
  options: { value: Value; word: string; help?: string; disabled?: boolean }[];
  fault?: string | undefined;
  onChange: (value: Value) => void;
}

/** A choice of one option, each with its description. */
export function Options<Value extends string>({ legend, value, options, fault, onChange }: OptionsProps<Value>) {
  const id = useId();
  return (
    <fieldset className="field options">
      <legend>{legend}</legend>
      {options.map((option) => (
        <div key={option.value} className="form-check">
          <input
            id={`${id}-${option.value}`}
            className="form-check-input"
            type="radio"
            name={id}
            checked={value === option.value}
            disabled={option.disabled}
            aria-describedby={`${id}-${option.value}-help`}
            onChange={() => onChange(option.value)}
          />
          <label className="form-check-label" htmlFor={`${id}-${option.value}`}>
            {option.word}
          </label>
          <div id={`${id}-${option.value}-help`} className="field-help">
            {option.help}
          </div>
        </div>
      ))}
      {fault !== undefined && <div className="field-fault">{fault}</div>}
    </fieldset>
  );
}
