import { useCallback, useMemo } from "react";
import { colourSlots, distinctSlots, MAX_LINES } from "@/shared/charts/palette";
import { useUrlParameters } from "@/shared/url/useUrlParameters";

export interface ChosenLabels {
  chosen: string[];
  offered: ReadonlySet<string>;
  slots: Map<string, number>;
  /** Adds a label to the charts or removes it; if there are too many, the first ones are removed. */
  onToggle: (label: string) => void;
  /** Shows the total again. */
  onClear: () => void;
}

/** The labels in the charts, in the URL as `label=…` for each; `names` are those that can be selected. */
export function useChosenLabels(names: string[]): ChosenLabels {
  const [parameters, change] = useUrlParameters();
  const written = JSON.stringify(parameters.getAll("label"));
  const offered = useMemo(() => new Set(names), [names]);
  const chosen = useMemo(() => (JSON.parse(written) as string[]).filter((label) => offered.has(label)), [written, offered]);
  const slots = useMemo(() => distinctSlots(chosen, colourSlots(names)), [names, chosen]);
  const onToggle = useCallback(
    (label: string) => {
      change((url) => {
        const before = url.getAll("label");
        const after = before.includes(label) ? before.filter((each) => each !== label) : [...before, label].slice(-MAX_LINES);
        url.delete("label");
        for (const each of after) url.append("label", each);
      });
    },
    [change],
  );
  const onClear = useCallback(() => change((url) => url.delete("label")), [change]);
  return useMemo(() => ({ chosen, offered, slots, onToggle, onClear }), [chosen, offered, slots, onToggle, onClear]);
}
