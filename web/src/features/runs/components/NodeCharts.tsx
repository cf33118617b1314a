import { useMemo } from "react";
import type { Point, Run } from "@/shared/api/types";
import { TimeChart } from "@/shared/charts/TimeChart";
import { lineColour } from "@/shared/charts/palette";
import { formatBytes, formatByteRate, formatPercent, formatRate, plural } from "@/shared/format/numbers";
import { useTheme } from "@/shared/ui/theme";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import { useNodeSeries } from "../api/useNodeSeries";
import { withHistory, type NodeTrace } from "../live/nodeTraces";
import { chartsOf, nodeContent, type NodeChart } from "../nodeSeries";

/** As in the charts of results. */
const HEIGHT = 280;
/** More lines cannot be distinguished: the busiest nodes are shown. */
const MOST_NODES = 10;

interface Props {
  run: Pick<Run, "id" | "phase" | "nodes">;
  /** Observations since the page was opened. */
  since?: NodeTrace[];
  /** The results, on whose time axis the nodes are shown. */
  points: Pick<Point, "t_ms">[];
  stale?: boolean;
}

const NOTHING: NodeTrace[] = [];

/** CPU, memory, heap and network of each node of a run from its start, by the node's name, on the time axis of the page. */
export function NodeCharts({ run, since = NOTHING, points, stale = false }: Props) {
  const history = useNodeSeries(run.id, run.phase !== "finished");
  const shown = useMemo(() => busiest(withHistory(history, since)), [history, since]);
  const charts = useMemo(() => chartsOf(shown), [shown]);
  if (shown.length === 0) return null;
  return (
    <section id="nodes" className="report-section" aria-label="Nodes over time">
      <div className="section-head">
        <h2>Nodes</h2>
        {run.nodes.length > shown.length && (
          <span className="section-note">
            the {shown.length} busiest of {plural(run.nodes.length, "node")}
          </span>
        )}
      </div>
      <div className="chart-grid chart-grid-odd">
        {charts.map((chart) => (
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
      {...(kind === "percent" || kind === "rate" ? {} : { steps: "bytes" as const })}
      stale={stale}
      empty="Not reported by the nodes."
    />
  );
}

const FORMATS = { percent: formatPercent, bytes: formatBytes, byteRate: formatByteRate, rate: formatRate };

/** In a fixed order, so that a node keeps its colour as long as it is shown. */
function busiest(traces: NodeTrace[]): NodeTrace[] {
  if (traces.length <= MOST_NODES) return traces;
  const highest = ({ seen }: NodeTrace) => seen.reduce((most, look) => Math.max(most, look.cpu_percent), 0);
  const chosen = new Set([...traces].sort((one, other) => highest(other) - highest(one)).slice(0, MOST_NODES));
  return traces.filter((trace) => chosen.has(trace));
}
