import { useMemo } from "react";
import type { Point } from "@/shared/api/types";
import { TimeChart } from "@/shared/charts/TimeChart";
import { lineColour } from "@/shared/charts/palette";
import { formatBytes, formatByteRate, formatPercent, plural } from "@/shared/format/numbers";
import { useTheme } from "@/shared/ui/theme";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import type { NodeTrace } from "../live/nodeTraces";
import { NODE_CHARTS, nodeContent, type NodeChart } from "../nodeSeries";

/** As in the charts of results. */
const HEIGHT = 280;
/** More lines than these are told apart by nobody: the busiest nodes are shown. */
const MOST_NODES = 10;

interface Props {
  traces: NodeTrace[];
  /** The results, on whose time axis the nodes are shown. */
  points: Pick<Point, "t_ms">[];
  stale: boolean;
}

/** How each node of a running test fares, by its name, on the time axis of the page. */
export function NodeCharts({ traces, points, stale }: Props) {
  const shown = useMemo(() => busiest(traces), [traces]);
  if (shown.length === 0) return null;
  return (
    <section id="nodes" className="report-section" aria-label="Nodes over time">
      <div className="section-head">
        <h2>Nodes</h2>
        <span className="section-note">since this page was opened{traces.length > shown.length && `; the ${shown.length} busiest of ${plural(traces.length, "node")}`}</span>
      </div>
      <div className="chart-grid chart-grid-three">
        {NODE_CHARTS.map((chart) => (
          <WhenSeen key={chart.id} height={HEIGHT}>
            {() => <Chart chart={chart} traces={shown} from={points[0]?.t_ms} to={points.at(-1)?.t_ms} stale={stale} />}
          </WhenSeen>
        ))}
      </div>
    </section>
  );
}

interface ChartProps {
  chart: NodeChart;
  traces: NodeTrace[];
  from: number | undefined;
  to: number | undefined;
  stale: boolean;
}

function Chart({ chart, traces, from, to, stale }: ChartProps) {
  const { scheme } = useTheme();
  const { id, title, unit, kind, value } = chart;
  const content = useMemo(() => nodeContent(traces, value, (slot) => lineColour(slot, scheme), [from, to]), [traces, value, scheme, from, to]);
  return (
    <TimeChart
      id={id}
      title={title}
      unit={unit}
      content={content}
      format={FORMATS[kind]}
      {...(kind === "percent" ? {} : { steps: "bytes" as const })}
      stale={stale}
      empty="Not reported by the nodes."
    />
  );
}

const FORMATS = { percent: formatPercent, bytes: formatBytes, rate: formatByteRate };

/** In their order, so that a node keeps its colour while it is among them. */
function busiest(traces: NodeTrace[]): NodeTrace[] {
  if (traces.length <= MOST_NODES) return traces;
  const highest = ({ seen }: NodeTrace) => seen.at(-1)?.cpu_highest_percent ?? 0;
  const chosen = new Set([...traces].sort((one, other) => highest(other) - highest(one)).slice(0, MOST_NODES));
  return traces.filter((trace) => chosen.has(trace));
}
