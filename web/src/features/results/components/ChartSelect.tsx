interface Props<Key extends string> {
  label: string;
  value: Key;
  options: readonly { key: Key; name: string }[];
  onChange: (key: Key) => void;
}

/** A select field in a chart's header. */
export function ChartSelect<Key extends string>({ label, value, options, onChange }: Props<Key>) {
  return (
    <select
      className="form-select form-select-sm chart-choice"
      aria-label={label}
      value={value}
      onChange={(event) => {
        const found = options.find((option) => option.key === event.target.value);
        if (found !== undefined) onChange(found.key);
      }}
    >
      {options.map(({ key, name }) => (
        <option key={key} value={key}>
          {name}
        </option>
      ))}
    </select>
  );
}
