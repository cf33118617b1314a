import { useRef, useState } from "react";
import { useTheme } from "@/shared/ui/theme";
import { ChartCard, ON_SCREEN, PRINTED, useChartState, type ChartProps } from "./ChartCard";
import { ScopeNote } from "./ScopeNote";
import type { XyContent } from "./chartTypes";
import { chartColours } from "./palette";
import { useXyPlot } from "./useXyPlot";

interface Props extends ChartProps {
  content: XyContent;
  /** The x axis: `Percent of samples`. */
  axis: string;
  formatX: (value: number) => string;
  /** The values at positions of the axis, if the axis is not linear. */
  places?: number[];
  empty?: string;
  /** Names of the rows in the legend, in the table and as CSV, if the positions on the axis are not enough. */
  rows?: { nameOf: (row: number) => string; csv: () => (string | number)[] };
  /** A click opens the object of this row. */
  onPick?: (row: number) => void;
  /** Its content covers the zoomed time range only. */
  zooms?: boolean;
}

/** A chart over something other than time: percentile curves, one metric against another. */
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
