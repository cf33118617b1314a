import { useRef, useState, type ReactNode } from "react";
import { copyOrSavePng, copyText } from "@/shared/export/clipboard";
import { useTheme } from "@/shared/ui/theme";
import { ChartHead } from "./ChartHead";
import { ChartLegend } from "./ChartLegend";
import { ChartTable } from "./ChartTable";
import type { ChartContent, YScale } from "./chartTypes";
import { chartCsv, chartPng } from "./exportChart";
import { chartColours } from "./palette";
import { useTimeline } from "./timeline";
import { useUplot } from "./useUplot";

interface Props {
  id: string;
  title: string;
  /** What the numbers are, after the title: `samples per second`. */
  unit: string;
  content: ChartContent;
  format: (value: number) => string;
  lastSampleMs?: number | null;
  /** The connection is lost: what is shown is old. */
  stale?: boolean;
  logarithmic?: "offered";
  /** The values are counts. */
  whole?: boolean;
  /** Choices of this chart alone, in its head. */
  choices?: ReactNode;
}

const ON_SCREEN = { width: null, height: 216 };
/** Half of an A4 page: in print the cards are laid out anew, after the last moment at which a chart could measure its own. */
const PRINTED = { width: 338, height: 170 };

/** A chart over time in a card: head with what can be done, legend with the values at the cursor, canvas or table. */
export function TimeChart({ id, title, unit, content, format, lastSampleMs, stale, logarithmic, whole, choices }: Props) {
  const { scheme, printing } = useTheme();
  const timeline = useTimeline();
  const [y, setY] = useState<YScale>("linear");
  const [asTable, setAsTable] = useState(false);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<number | null>(null);
  const host = useRef<HTMLDivElement>(null);
  const colours = chartColours(scheme);
  const chart = useUplot({
    host,
    content,
    look: { colours, y, base: timeline.base, cursorKey: timeline.cursorKey, hidden, format, whole: whole === true },
    timeline,
    size: printing ? PRINTED : ON_SCREEN,
    lastSampleMs: lastSampleMs ?? null,
    onCursor: setCursor,
  });

  const toggle = (key: string) => {
    setHidden((before) => {
      const after = new Set(before);
      if (!after.delete(key)) after.add(key);
      return after;
    });
  };
  const copyPng = async () => {
    if (chart.current === null) return "Show the chart first";
    const result = await copyOrSavePng(await chartPng(chart.current, `${title}, ${unit}`, content, colours), `${id}.png`);
    return result === "copied" ? "Copied" : "Saved as file";
  };

  return (
    <section className={`card chart-card ${stale === true ? "chart-stale" : ""}`} data-chart={id} aria-label={`${title}, ${unit}`}>
      <ChartHead
        title={title}
        unit={unit}
        y={logarithmic === undefined ? null : y}
        onY={setY}
        asTable={asTable}
        onAsTable={setAsTable}
        onCopyCsv={async () => ((await copyText(chartCsv(content))) ? "Copied" : "Not allowed by the browser")}
        onCopyPng={copyPng}
        choices={choices}
      />
      <ChartLegend content={content} cursor={cursor} hidden={hidden} onToggle={toggle} format={format} timeline={timeline} />
      {asTable && <ChartTable content={content} format={format} height={ON_SCREEN.height} timeline={timeline} />}
      <div className="chart-host" style={{ minHeight: printing ? PRINTED.height : ON_SCREEN.height, display: asTable ? "none" : undefined }}>
        <div ref={host} data-chart-canvas={id} />
        {content.times.length === 0 && <div className="chart-empty">No samples yet.</div>}
      </div>
    </section>
  );
}
