import { useMemo, useState } from "react";
import type { CodeSeries, LabelSeries, TimedCount } from "@/shared/api/types";
import { colourSlots, distinctSlots } from "@/shared/charts/palette";
import { TimeChart } from "@/shared/charts/TimeChart";
import { XyChart } from "@/shared/charts/XyChart";
import { formatMs, formatRate } from "@/shared/format/numbers";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import { sources } from "../chartSeries";
import { hits, labelRates, type Outcome } from "../loadSeries";
import { againstRate } from "../relations";
import { useDrawing, useZoomedPoints, type ChartView } from "../useDrawing";
import { shownNote } from "../shownNote";
import { CHART_HEIGHT, XY_CHART_HEIGHT } from "../chartHeight";
import { ChartSelect } from "./ChartSelect";
import { CodesChart, OutcomeChart } from "./LoadCharts";
import { ReportSection } from "./ReportSection";

const OUTCOMES = [
  { key: "all", name: "passed and failed" },
  { key: "passed", name: "passed" },
  { key: "failed", name: "failed" },
] as const;

/** Number of lines in the chart of all labels before some are selected. */
const BUSIEST = 5;

interface Props {
  view: ChartView;
  codes: CodeSeries[];
  started: TimedCount[];
}

/** Load and responses per second. */
export function ThroughputSection({ view, codes, started }: Props) {
  return (
    <ReportSection id="throughput-charts" title="Throughput" note={shownNote(view.chosen) === undefined ? undefined : "selected labels where the title says “by label”; otherwise the total"}>
      <div className="chart-grid">
        <WhenSeen height={CHART_HEIGHT}>{() => <HitsChart view={view} started={started} />}</WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>{() => <OutcomeChart view={view} />}</WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>{() => <LabelChart view={view} />}</WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>{() => <CodesChart view={view} codes={codes} />}</WhenSeen>
        <WhenSeen height={XY_CHART_HEIGHT}>
          {() => <RateChart view={view} id="response-time-against-rate" title="Response time vs. throughput" y="p50_ms" unit="median, one dot per interval" />}
        </WhenSeen>
        <WhenSeen height={XY_CHART_HEIGHT}>{() => <RateChart view={view} id="latency-against-rate" title="Latency vs. throughput" y="latency_ms" unit="mean, one dot per interval" />}</WhenSeen>
      </div>
    </ReportSection>
  );
}

function HitsChart({ view, started }: { view: ChartView; started: TimedCount[] }) {
  const { frame, colours } = useDrawing(view);
  const content = useMemo(() => hits(started, view.points, frame, colours), [started, view.points, frame, colours]);
  return <TimeChart id="hits" title="Hits" unit="samples started per second" content={content} format={formatRate} />;
}

function LabelChart({ view }: { view: ChartView }) {
  const { from, frame, colours, colourOf, perLabel } = useDrawing(view);
  const [outcome, setOutcome] = useState<Outcome>("all");
  const content = useMemo(() => {
    const shown = perLabel ? from : busiest(view.labels, colourOf);
    return labelRates(shown, outcome, frame, colours);
  }, [perLabel, from, view.labels, outcome, frame, colours, colourOf]);
  const unit = perLabel || view.labels.length <= BUSIEST ? "per second" : `per second, the ${BUSIEST} busiest labels`;
  return (
    <TimeChart
      id="transactions"
      title="Throughput by label"
      unit={unit}
      content={content}
      format={formatRate}
      choices={<ChartSelect label="Outcome" value={outcome} options={OUTCOMES} onChange={setOutcome} />}
    />
  );
}

function busiest(labels: LabelSeries[], colourOf: (slot: number) => string) {
  const names = labels.slice(0, BUSIEST).map((each) => each.label);
  const slots = distinctSlots(names, colourSlots(labels.map((each) => each.label)));
  return sources([], labels, names, (label) => colourOf(slots.get(label) ?? 0));
}

function RateChart({ view, y, ...head }: { view: ChartView; y: "p50_ms" | "latency_ms"; id: string; title: string; unit: string }) {
  const { colours } = useDrawing(view);
  const points = useZoomedPoints(view);
  const content = useMemo(() => againstRate(points, view.bucketMs, y, colours), [points, view.bucketMs, y, colours]);
  return (
    <XyChart
      {...head}
      zooms
      content={content}
      axis="Samples per second in the interval"
      format={formatMs}
      formatX={formatRate}
      logarithmic="offered"
      empty={y === "latency_ms" ? "The log has no latency data." : "No samples."}
    />
  );
}
