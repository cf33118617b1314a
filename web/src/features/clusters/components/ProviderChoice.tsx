import { useId } from "react";
import type { Provider } from "@/shared/api/types";

const CHOICES: { provider: Provider; label: string; help: string }[] = [
  { provider: "local", label: "Local processes", help: "On the JAC server itself." },
  { provider: "ssh", label: "Machines over SSH", help: "Your own existing machines." },
  { provider: "ec2", label: "Amazon EC2", help: "Created on demand, terminated with the cluster." },
];

interface Props {
  value: Provider;
  /** The providers enabled on the server. */
  available: Provider[];
  onChange: (provider: Provider) => void;
}

/** The choice of provider. */
export function ProviderChoice({ value, available, onChange }: Props) {
  const id = useId();
  return (
    <fieldset className="field choice">
      <legend>Where</legend>
      {CHOICES.map(({ provider, label, help }) => {
        const off = !available.includes(provider);
        return (
          <div key={provider} className="form-check">
            <input
              id={`${id}-${provider}`}
              className="form-check-input"
              type="radio"
              name={id}
              checked={value === provider}
              disabled={off}
              aria-describedby={`${id}-${provider}-help`}
              onChange={() => onChange(provider)}
            />
            <label className="form-check-label" htmlFor={`${id}-${provider}`}>
              {label}
            </label>
            <div id={`${id}-${provider}-help`} className="field-help">
              {off ? "Disabled on this server." : help}
            </div>
          </div>
        );
      })}
    </fieldset>
  );
}
