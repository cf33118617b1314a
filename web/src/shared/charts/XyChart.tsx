import { useRef, useState } from "react";
import { useTheme } from "@/shared/ui/theme";
import { ChartCard, ON_SCREEN, PRINTED, useChartState, type ChartProps } from "./ChartCard";
import { ScopeNote } from "./ScopeNote";
import type { XyContent } from "./chartTypes";
import { chartColours } from "./palette";
import { useXyPlot } from "./useXyPlot";

interface Props extends ChartProps {
  content: XyContent;
  /** What the x axis is: `Percent of samples`. */
  axis: string;
  formatX: (value: number) => string;
  /** What the places on the axis stand for, where the axis is stretched. */
  places?: number[];
  empty?: string;
  /** What the rows are called in the legend, as a table and as CSV, where the places on the axis do not say it. */
  rows?: { nameOf: (row: number) => string; csv: () => (string | number)[] };
  /** A click leads to the thing at this row. */
  onPick?: (row: number) => void;
  /** Its content is of the zoomed time alone. */
  zooms?: boolean;
}

/** A chart over something else than time: percentile curves, one quantity against another. */
export function XyChart({ content, axis, formatX, places = content.x, empty = "No samples.", zooms = false, rows, onPick, choices, ...props }: Props) {
  const { scheme, printing } = useTheme();
  const state = useChartState();
  const [cursor, setCursor] = useState<number | null>(null);
  const host = useRef<HTMLDivElement>(null);
  const look = { colours: chartColours(scheme), y: state.y, hidden: state.hidden, format: props.format, formatX };
  const chart = useXyPlot({ host, content, look, size: printing ? PRINTED : ON_SCREEN, onCursor: setCursor, onPick: onPick ?? null });
  const name = rows?.nameOf ?? ((row: number) => formatX(places[row] ?? 0));
  return (
    <ChartCard
      {...props}
      choices={
        <>
          {!zooms && <ScopeNote />}
          {choices}
        </>
      }
      state={state}
      lines={content.lines}
      rows={{ head: axis, count: content.x.length, nameOf: name, csv: rows?.csv ?? (() => places), newestFirst: false }}
      at={{ row: cursor, text: cursor === null ? "" : name(cursor) }}
      chart={chart}
      host={host}
      empty={empty}
      axis={axis}
    />
  );
}
