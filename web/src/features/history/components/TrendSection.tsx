import { useCallback, useMemo } from "react";
import { useNavigate } from "react-router";
import { chartColours } from "@/shared/charts/palette";
import { XyChart } from "@/shared/charts/XyChart";
import { formatMs, formatPercent, formatRate, plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { useTheme } from "@/shared/ui/theme";
import { useTrend } from "../api/useTrend";
import { runWords, trendCharts, type TrendRun } from "../trend";

/** A plan's runs beside each other: nothing where there are fewer than two, as the list below says the same. */
export function TrendSection({ plan }: { plan: string }) {
  const { data: runs = [] } = useTrend(plan);
  return runs.length < 2 ? null : <TrendCharts runs={runs} />;
}

function TrendCharts({ runs }: { runs: TrendRun[] }) {
  const { scheme } = useTheme();
  const navigate = useNavigate();
  const charts = useMemo(() => trendCharts(runs, runs.find((run) => run.is_baseline) ?? null, chartColours(scheme)), [runs, scheme]);
  const nameOf = useCallback((row: number) => (runs[row] === undefined ? "" : runWords(runs[row])), [runs]);
  const common = {
    axis: "Run",
    formatX: (place: number) => (runs[place] === undefined ? "" : formatDateTime(runs[place].at_ms).slice(5)),
    rows: { nameOf, csv: () => runs.map((run) => runWords(run)) },
    onPick: (row: number) => runs[row] !== undefined && void navigate(`/runs/${runs[row].id}`),
    zooms: true,
  };
  return (
    <section className="report-section" aria-label="Trend">
      <div className="section-head">
        <h2>Trend</h2>
        <span className="section-note">{plural(runs.length, "run")}, the newest at the right; click one to open it</span>
      </div>
      <div className="chart-grid chart-grid-three">
        <XyChart id="trend-times" title="Response time" unit="percentiles of each run" content={charts.times} format={formatMs} logarithmic="offered" {...common} />
        <XyChart id="trend-rate" title="Throughput" unit="samples per second" content={charts.rate} format={formatRate} {...common} />
        <XyChart id="trend-errors" title="Errors" unit="% of samples" content={charts.errors} format={formatPercent} {...common} />
      </div>
    </section>
  );
}
