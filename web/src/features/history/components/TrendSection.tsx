import { useMemo } from "react";
import { useNavigate } from "react-router";
import type { TrendPoint } from "@/shared/api/types";
import { chartColours } from "@/shared/charts/palette";
import { XyChart } from "@/shared/charts/XyChart";
import { formatMs, formatPercent, formatRate, plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Waiting } from "@/shared/ui/Waiting";
import { useTheme } from "@/shared/ui/theme";
import { putParameter, useUrlParameters } from "@/shared/url/useUrlParameters";
import { usePlanLabels, useTrend } from "../api/useTrend";
import { isRegression, runWords, sinceBaseline, tagsOf, trendCharts } from "../trend";

/** The trend of a plan's runs; label and tag are in the URL. Not shown for fewer than two runs, for which the list below is enough. */
export function TrendSection({ plan }: { plan: string }) {
  const [parameters, change] = useUrlParameters();
  const label = parameters.get("trend.label");
  const tag = parameters.get("trend.tag");
  const trend = useTrend(plan, label);
  const labels = usePlanLabels(plan);
  const all = useMemo(() => sinceBaseline(trend.data?.runs ?? [], trend.data?.baseline ?? null), [trend.data]);
  const runs = useMemo(() => (tag === null ? all : all.filter((run) => run.tags.includes(tag))), [all, tag]);
  if (all.length < 2 && label === null && (trend.data !== undefined || trend.error === null)) return null;
  const put = (name: string) => (value: string) => change((url) => putParameter(url, name, value === "" ? null : value));
  return (
    <section className="report-section" aria-label="Trend">
      <div className="section-head">
        <h2>Trend</h2>
        <span className="section-note">{trend.data !== undefined && trendWords(runs)}</span>
        <div className="section-tools">
          <Choice label="Label" any="Total" value={label} options={labels.data ?? []} onChange={put("trend.label")} />
          <Choice label="Tag" any="Tag: any" value={tag} options={tagsOf(all)} onChange={put("trend.tag")} />
          {trend.hasNextPage && (
            <button type="button" className="btn btn-sm btn-outline-secondary" disabled={trend.isFetchingNextPage} onClick={() => void trend.fetchNextPage()}>
              {trend.isFetchingNextPage ? "Loading…" : "Load older runs"}
            </button>
          )}
        </div>
      </div>
      {trend.isFetchNextPageError && <ErrorBox error={trend.error} onRetry={() => void trend.fetchNextPage()} />}
      {trend.data !== undefined ? (
        <TrendCharts runs={runs} baseline={trend.data.baseline} />
      ) : trend.error === null ? (
        <Waiting what="Loading the trend…" tall />
      ) : (
        <ErrorBox error={trend.error} onRetry={() => void trend.refetch()} />
      )}
    </section>
  );
}

function trendWords(runs: TrendPoint[]): string {
  const worse = runs.filter(isRegression).length;
  return `${plural(runs.length, "run")}, the newest at the right${worse === 0 ? "" : `, ${plural(worse, "regression")}`}. Click a run to open it.`;
}

/** One of the options or any; not shown if there are no options. */
function Choice({ label, any, value, options, onChange }: { label: string; any: string; value: string | null; options: string[]; onChange: (value: string) => void }) {
  if (options.length === 0 && value === null) return null;
  // The value in the URL may no longer exist.
  const all = value === null || options.includes(value) ? options : [value, ...options];
  return (
    <select className="form-select form-select-sm list-facet" aria-label={label} value={value ?? ""} onChange={({ target }) => onChange(target.value)}>
      <option value="">{any}</option>
      {all.map((option) => (
        <option key={option} value={option}>
          {option}
        </option>
      ))}
    </select>
  );
}

function TrendCharts({ runs, baseline }: { runs: TrendPoint[]; baseline: TrendPoint | null }) {
  const { scheme } = useTheme();
  const navigate = useNavigate();
  const charts = useMemo(() => trendCharts(runs, baseline, chartColours(scheme)), [runs, baseline, scheme]);
  const common = {
    axis: "Run",
    formatX: (place: number) => (runs[place] === undefined ? "" : formatDateTime(runs[place].created_ms).slice(5)),
    rows: { nameOf: (row: number) => (runs[row] === undefined ? "" : runWords(runs[row])), csv: () => runs.map(runWords) },
    onPick: (row: number) => runs[row] !== undefined && void navigate(`/runs/${runs[row].run}`),
    empty: "No runs.",
    zooms: true,
  };
  return (
    <div className="chart-grid chart-grid-odd">
      <XyChart id="trend-times" title="Response time" unit="percentiles of each run" content={charts.times} format={formatMs} logarithmic="offered" {...common} />
      <XyChart id="trend-rate" title="Throughput" unit="samples per second" content={charts.rate} format={formatRate} {...common} />
      <XyChart id="trend-errors" title="Errors" unit="% of samples" content={charts.errors} format={formatPercent} {...common} />
    </div>
  );
}
