import { useMemo, useState } from "react";
import type { CodeSeries } from "@/shared/api/types";
import type { ChartContent } from "@/shared/charts/chartTypes";
import { TimeChart } from "@/shared/charts/TimeChart";
import { formatByteRate, formatMs } from "@/shared/format/numbers";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import { oneTime, type TimeMetric } from "../chartSeries";
import { bytesPerSecond, type Direction } from "../loadSeries";
import { useDrawing, type ChartView } from "../useDrawing";
import { shownNote } from "../shownNote";
import { CHART_HEIGHT } from "../chartHeight";
import { ChartSelect } from "./ChartSelect";
import { CodesChart, OutcomeChart } from "./LoadCharts";
import { ReportSection } from "./ReportSection";

const DIRECTIONS = [
  { key: "received", name: "received" },
  { key: "sent", name: "sent" },
] as const;

/** Less important metrics over the same time as the four main charts. `codes`: for an active run, whose page has no other charts of its load. */
export function OverTimeSection({ view, codes }: { view: ChartView; codes?: CodeSeries[] }) {
  return (
    <ReportSection id="over-time" title={codes === undefined ? "Over time" : "Codes, bytes and connections"} note={shownNote(view.chosen)}>
      <div className="chart-grid">
        {codes !== undefined && (
          <>
            <WhenSeen height={CHART_HEIGHT}>{() => <CodesChart view={view} codes={codes} />}</WhenSeen>
            <WhenSeen height={CHART_HEIGHT}>{() => <OutcomeChart view={view} />}</WhenSeen>
          </>
        )}
        <WhenSeen height={CHART_HEIGHT}>{() => <MetricChart view={view} metric="mean_ms" id="mean" title="Mean response time" unit="by completion time" empty="No response times." />}</WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>{() => <BytesChart view={view} />}</WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>
          {() => <MetricChart view={view} metric="latency_ms" id="latency" title="Latency" unit="mean time to the first byte" empty="The log has no latency data." />}
        </WhenSeen>
        <WhenSeen height={CHART_HEIGHT}>
          {() => <MetricChart view={view} metric="connect_ms" id="connect" title="Connect time" unit="mean; 0 for reused connections" empty="The log has no connect times." />}
        </WhenSeen>
      </div>
    </ReportSection>
  );
}

function MetricChart({ view, metric, ...head }: { view: ChartView; metric: TimeMetric; id: string; title: string; unit: string; empty: string }) {
  const { from, frame, colours } = useDrawing(view);
  const content = useMemo(() => blankIfNothing(oneTime(from, frame, metric, colours)), [from, frame, metric, colours]);
  return <TimeChart {...head} content={content} format={formatMs} logarithmic="offered" stale={view.stale === true} />;
}

function BytesChart({ view }: { view: ChartView }) {
  const { from, frame, colours, perLabel } = useDrawing(view);
  const [direction, setDirection] = useState<Direction>("received");
  const content = useMemo(() => bytesPerSecond(from, direction, frame, colours), [from, direction, frame, colours]);
  return (
    <TimeChart
      id="bytes"
      title="Bytes"
      unit="per second; 1 KB is 1,024 bytes"
      content={content}
      format={formatByteRate}
      steps="bytes"
      stale={view.stale === true}
      choices={perLabel && <ChartSelect label="Direction" value={direction} options={DIRECTIONS} onChange={setDirection} />}
    />
  );
}

/** A metric that the log lacks gets a message instead of an empty grid. */
function blankIfNothing(content: ChartContent): ChartContent {
  const some = content.lines.some((line) => line.values.some((value) => value !== null));
  return some ? content : { ...content, times: [], lines: content.lines.map((line) => ({ ...line, values: [] })) };
}
