import { useState } from "react";
import { lineColour } from "@/shared/charts/palette";
import { Menu } from "@/shared/ui/Menu";
import { useTheme } from "@/shared/ui/theme";
import type { ChosenLabels } from "../useChosenLabels";

const SEARCH_FROM = 12;

/** Which labels the charts show in place of the total: the same choice as in the table, at hand beside every chart. */
export function LabelPicker({ labels, names }: { labels: ChosenLabels; names: string[] }) {
  const { scheme } = useTheme();
  const [words, setWords] = useState("");
  const { chosen, onToggle, onClear, slots } = labels;
  const found = names.filter((name) => name.toLowerCase().includes(words.trim().toLowerCase()));
  const text = chosen.length === 0 ? "Total" : chosen.length === 1 ? (chosen[0] ?? "") : `${chosen.length} labels`;
  return (
    <Menu label="Labels on the charts" icon="chevron-down" text={text} stays>
      {names.length >= SEARCH_FROM && (
        <div className="menu-search">
          <input className="form-control form-control-sm" type="search" placeholder="Filter" aria-label="Filter the labels" value={words} onChange={(event) => setWords(event.target.value)} />
        </div>
      )}
      <label className="dropdown-item menu-check">
        <input type="checkbox" className="form-check-input" checked={chosen.length === 0} onChange={onClear} />
        Total
      </label>
      {found.map((name) => (
        <label key={name} className="dropdown-item menu-check" title={name}>
          <input
            type="checkbox"
            className="form-check-input"
            checked={chosen.includes(name)}
            style={chosen.includes(name) ? { background: lineColour(slots.get(name) ?? 0, scheme), borderColor: "transparent" } : undefined}
            onChange={() => onToggle(name)}
          />
          <span className="menu-check-name">{name}</span>
        </label>
      ))}
      {found.length === 0 && <div className="table-empty">No label has “{words}” in it.</div>}
    </Menu>
  );
}
