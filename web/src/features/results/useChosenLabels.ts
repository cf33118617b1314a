import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import type { LabelSeries } from "@/shared/api/types";
import { colourSlots, distinctSlots } from "@/shared/charts/palette";

export interface ChosenLabels {
  chosen: string[];
  offered: ReadonlySet<string>;
  slots: Map<string, number>;
  onChoose: (chosen: string[]) => void;
}

/** The labels on the charts, in the URL as `label=…` for each. */
export function useChosenLabels(labels: LabelSeries[]): ChosenLabels {
  const [parameters, setParameters] = useSearchParams();
  const written = JSON.stringify(parameters.getAll("label"));
  const chosen = useMemo(() => JSON.parse(written) as string[], [written]);
  const offered = useMemo(() => new Set(labels.map((each) => each.label)), [labels]);
  const slots = useMemo(() => distinctSlots(chosen, colourSlots(labels.map((each) => each.label))), [labels, chosen]);
  const onChoose = useCallback(
    (next: string[]) => {
      setParameters(
        (before) => {
          const after = new URLSearchParams(before);
          after.delete("label");
          for (const label of next) after.append("label", label);
          return after;
        },
        { replace: true, preventScrollReset: true },
      );
    },
    [setParameters],
  );
  return useMemo(() => ({ chosen, offered, slots, onChoose }), [chosen, offered, slots, onChoose]);
}
