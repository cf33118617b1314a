import { useState, type ReactNode, type RefObject } from "react";
import type uPlot from "uplot";
import { copyOrSavePng, copyText } from "@/shared/export/clipboard";
import { useTheme } from "@/shared/ui/theme";
import { ChartHead } from "./ChartHead";
import { ChartLegend } from "./ChartLegend";
import { ChartTable } from "./ChartTable";
import type { ChartLine, Steps, YScale } from "./chartTypes";
import { chartCsv, chartPng } from "./exportChart";
import { chartColours } from "./palette";

export const ON_SCREEN = { width: null, height: 216 };
/** Half of an A4 page: for print the cards are laid out again when it is too late for a chart to measure its own width. */
export const PRINTED = { width: 338, height: 170 };

/** The properties of every chart. */
export interface ChartProps {
  id: string;
  title: string;
  /** The metric and its unit, after the title: `samples per second`. */
  unit: string;
  format: (value: number) => string;
  logarithmic?: "offered";
  /** Ticks of the value axis; by default at round numbers. */
  steps?: Steps;
  /** Settings of this chart alone, in its header. */
  choices?: ReactNode;
}

export interface ChartState {
  y: YScale;
  setY: (y: YScale) => void;
  hidden: ReadonlySet<string>;
  toggle: (key: string) => void;
}

/** The reader's settings of a chart: its scale, and hidden lines. */
export function useChartState(): ChartState {
  const [y, setY] = useState<YScale>("linear");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const toggle = (key: string) => {
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  return { y, setY, hidden, toggle };
}

interface Rows {
  /** Header of the column: `Time`. */
  head: string;
  count: number;
  nameOf: (row: number) => string;
  /** The same, machine-readable. */
  csv: () => (string | number)[];
  newestFirst: boolean;
}

interface Props extends ChartProps {
  state: ChartState;
  lines: ChartLine[];
  rows: Rows;
  /** Row whose values the legend shows, and its description. */
  at: { row: number | null; text: string };
  chart: RefObject<uPlot | null>;
  host: RefObject<HTMLDivElement | null>;
  stale?: boolean;
  empty: string;
  /** Below the canvas: the x axis, if it is not the time. */
  axis?: string;
}

/** A chart in a card: a header with actions, a legend with the values at the cursor, a canvas or a table. */
export function ChartCard(props: Props) {
  const { id, title, unit, format, logarithmic, choices, state, lines, rows, at, chart, host, stale, empty, axis } = props;
  const { scheme, printing } = useTheme();
  const [asTable, setAsTable] = useState(false);
  const copyPng = async () => {
    if (chart.current === null) return "Switch to the chart first";
    const result = await copyOrSavePng(
      await chartPng(
        chart.current,
        `${title}, ${unit}`,
        lines.filter(({ key }) => !state.hidden.has(key)),
        chartColours(scheme),
      ),
      `${id}.png`,
    );
    return result === "copied" ? "Copied" : "Saved as file";
  };
  return (
    <section className={`card chart-card ${stale === true ? "chart-stale" : ""}`} data-chart={id} aria-label={`${title}, ${unit}`}>
      <ChartHead
        title={title}
        unit={unit}
        y={logarithmic === undefined ? null : state.y}
        onY={state.setY}
        asTable={asTable}
        onAsTable={setAsTable}
        onCopyCsv={async () => ((await copyText(chartCsv(rows.head.toLowerCase(), rows.csv(), lines))) ? "Copied" : "Clipboard access denied")}
        onCopyPng={asTable ? null : copyPng}
        choices={choices}
      />
      <ChartLegend lines={lines} row={at.row} at={at.text} hidden={state.hidden} onToggle={state.toggle} format={format} />
      {asTable && <ChartTable title={title} {...rows} lines={lines} format={format} height={ON_SCREEN.height} />}
      <div className="chart-host" style={{ minHeight: printing ? PRINTED.height : ON_SCREEN.height, display: asTable ? "none" : undefined }}>
        <div ref={host} data-chart-canvas={id} />
        {rows.count === 0 && <div className="chart-empty">{empty}</div>}
        {axis !== undefined && rows.count > 0 && <div className="chart-axis">{axis}</div>}
      </div>
    </section>
  );
}
