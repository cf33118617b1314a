import { useMemo } from "react";
import type { LabelSeries, Point } from "@/shared/api/types";
import { chartColours, lineColour, type ChartColours } from "@/shared/charts/palette";
import { useTimeline } from "@/shared/charts/timeline";
import { useTheme } from "@/shared/ui/theme";
import { pointsWithin } from "./reportPart";
import { frameOf, sources, type Frame, type Source } from "./chartSeries";

/** The data of all charts of a run. */
export interface ChartView {
  points: Point[];
  bucketMs: number;
  labels: LabelSeries[];
  /** Labels to show instead of the total, and the colour slot of each. */
  chosen: string[];
  slots: Map<string, number>;
  /** During a test: until when all data have arrived; absent: it has ended. */
  settledUntilMs?: number | null;
  /** The end of the labels' points, if newer ones could not be loaded. */
  labelsUntilMs?: number | null;
  /** The charts are not current. */
  stale?: boolean;
}

export interface Drawing {
  /** The total, or the selected labels. */
  from: Source[];
  perLabel: boolean;
  frame: Frame;
  colours: ChartColours;
  colourOf: (slot: number) => string;
  labelColour: (label: string) => string;
}

/** The data in the colours of the current theme. */
export function useDrawing({ points, bucketMs, labels, chosen, slots, settledUntilMs = null, labelsUntilMs = null }: ChartView): Drawing {
  const { scheme } = useTheme();
  return useMemo(() => {
    const colourOf = (slot: number) => lineColour(slot, scheme);
    const labelColour = (label: string) => colourOf(slots.get(label) ?? 0);
    return {
      from: sources(points, labels, chosen, labelColour, labelsUntilMs),
      perLabel: chosen.length > 0,
      frame: frameOf(points, bucketMs, settledUntilMs),
      colours: chartColours(scheme),
      colourOf,
      labelColour,
    };
  }, [points, bucketMs, labels, chosen, slots, scheme, settledUntilMs, labelsUntilMs]);
}

/** The points of the zoomed time range, or all. */
export function useZoomedPoints({ points, bucketMs }: Pick<ChartView, "points" | "bucketMs">): Point[] {
  const { range } = useTimeline();
  return useMemo(() => (range === null ? points : pointsWithin(points, bucketMs, range)), [points, bucketMs, range]);
}
