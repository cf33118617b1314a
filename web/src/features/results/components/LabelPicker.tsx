import { useState } from "react";
import { lineColour, MAX_LINES } from "@/shared/charts/palette";
import { formatCount, plural } from "@/shared/format/numbers";
import { Panel } from "@/shared/ui/Menu";
import { useTheme } from "@/shared/ui/theme";
import type { ChosenLabels } from "../useChosenLabels";
import { LabelName } from "./LabelName";

const SEARCH_FROM = 12;
/** Number of rows shown; the others are found by typing. */
const MOST_LISTED = 100;

interface Props {
  labels: ChosenLabels;
  /** Labels that have a series over time, busiest first. */
  names: string[];
  /** All labels of the result, in its order. */
  all: string[];
}

/** Selects the labels that the charts show instead of the total: the same selection as in the table, available at every chart. */
export function LabelPicker({ labels, names, all }: Props) {
  const { scheme } = useTheme();
  const [words, setWords] = useState("");
  const { chosen, offered, onToggle, onClear, slots } = labels;
  const without = all.filter((name) => !offered.has(name));
  const matches = (name: string) => name.toLowerCase().includes(words.trim().toLowerCase());
  // Selected labels are listed first, whatever is typed.
  const found = [...chosen, ...[...names, ...without].filter((name) => !chosen.includes(name) && matches(name))];
  const text = chosen.length === 0 ? "Total" : chosen.length === 1 ? (chosen[0] ?? "") : plural(chosen.length, "label");
  const listed = found.slice(0, MOST_LISTED);
  return (
    <Panel label="Labels on the charts" icon="chevron-down" text={text}>
      {all.length >= SEARCH_FROM && (
        <div className="menu-search">
          <input
            className="form-control form-control-sm"
            type="search"
            placeholder={`Search ${formatCount(all.length)} labels`}
            aria-label="Search labels"
            value={words}
            onChange={(event) => setWords(event.target.value)}
          />
        </div>
      )}
      {without.length > 0 && (
        <div className="menu-note">
          Charts are available for the {formatCount(names.length)} busiest of {formatCount(all.length)} labels; the table has all of them.
        </div>
      )}
      <label className="dropdown-item menu-check">
        <input type="checkbox" className="form-check-input" checked={chosen.length === 0} onChange={onClear} />
        Total
      </label>
      {listed.map((name) => (
        <label key={name} className="dropdown-item menu-check" title={offered.has(name) ? name : `${name}: no chart data, as it is not among the busiest labels`}>
          <input
            type="checkbox"
            className="form-check-input"
            checked={chosen.includes(name)}
            disabled={!offered.has(name)}
            style={chosen.includes(name) ? { background: lineColour(slots.get(name) ?? 0, scheme), borderColor: "transparent" } : undefined}
            onChange={() => onToggle(name)}
          />
          <span className="menu-check-name">
            <LabelName label={name} />
          </span>
        </label>
      ))}
      {found.length > listed.length && <div className="menu-note">{formatCount(found.length - listed.length)} more: type to find them.</div>}
      {found.length === chosen.length && words.trim() !== "" && <div className="menu-note">No other label matches “{words}”.</div>}
      {chosen.length >= MAX_LINES && <div className="menu-note">At most {MAX_LINES} labels: the next one replaces the first.</div>}
    </Panel>
  );
}
