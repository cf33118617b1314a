/** The runs of a plan as charts: one position on the axis for each run, oldest first. Pure. */
import type { Change, ChangedMetric, TrendPoint } from "@/shared/api/types";
import type { ChartLine, Threshold, XyContent } from "@/shared/charts/chartTypes";
import type { ChartColours } from "@/shared/charts/palette";
import { METRIC_WORDS } from "@/shared/format/change";
import { formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";

const PERCENTILES = [
  { key: "p50_ms", name: "p50" },
  { key: "p90_ms", name: "p90" },
  { key: "p95_ms", name: "p95" },
  { key: "p99_ms", name: "p99" },
] as const;

/** The result of the statistical tests as text; empty if there is nothing remarkable. */
const FOUND: Record<Change, string | null> = { worse: "regression", mixed: "partial regression", better: "better", unclear: null, same: null };

export function isRegression({ compared }: TrendPoint): boolean {
  return compared?.change === "worse" || compared?.change === "mixed";
}

/** Runs from before the baseline are not compared with it. */
export function sinceBaseline(runs: TrendPoint[], baseline: TrendPoint | null): TrendPoint[] {
  return baseline === null ? runs : runs.map((run) => (run.created_ms < baseline.created_ms ? { ...run, compared: null } : run));
}

export interface TrendCharts {
  times: XyContent;
  rate: XyContent;
  errors: XyContent;
}

/** `baseline` may be older than all `runs`. */
export function trendCharts(runs: TrendPoint[], baseline: TrendPoint | null, colours: ChartColours): TrendCharts {
  const line = (key: string, label: string, colour: string, of: (run: TrendPoint) => number | null): ChartLine => ({ key, label, colour, kind: "line", dotted: true, values: runs.map(of) });
  const chart = (lines: ChartLine[], limit: Threshold | null): XyContent => ({
    x: runs.map((_run, place) => place),
    // Half a position of margin: the first and the last run are not on the edges.
    range: [-0.5, Math.max(runs.length, 2) - 0.5],
    ticks: null,
    wide: true,
    lines,
    thresholds: limit === null ? [] : [limit],
  });
  const limit = (value: number | null | undefined, name: string, format: (value: number) => string) => (value == null ? null : { value, label: `baseline ${name}${format(value)}` });
  return {
    times: chart(
      [...regressions(runs, colours, worseTime), ...PERCENTILES.map(({ key, name }, index) => line(key, name, colours.percentiles[index] ?? colours.text, (run) => run[key]))],
      limit(baseline?.p95_ms, "p95 ", formatMs),
    ),
    rate: chart([line("rate", "Throughput", colours.rate, (run) => run.rate_per_s)], limit(baseline?.rate_per_s, "", formatRate)),
    errors: chart([...regressions(runs, colours, worseErrors), line("errors", "Error rate", colours.error, (run) => run.error_percent)], limit(baseline?.error_percent, "", formatPercent)),
  };
}

/** The response time metric in which a run is worse: its p95, or its median if typical times are. */
function worseTime(run: TrendPoint, worse: ChangedMetric[]): number | null {
  if (worse.includes("p95_ms")) return run.p95_ms;
  return worse.includes("mean_ms") || worse.includes("median_ms") ? run.p50_ms : null;
}

function worseErrors(run: TrendPoint, worse: ChangedMetric[]): number | null {
  return worse.includes("error_percent") ? run.error_percent : null;
}

/** A circle around the worse figure of each regression; no series without a regression. */
function regressions(runs: TrendPoint[], colours: ChartColours, worseOf: (run: TrendPoint, worse: ChangedMetric[]) => number | null): ChartLine[] {
  const values = runs.map((run) => (isRegression(run) ? worseOf(run, run.compared?.worse ?? []) : null));
  return values.every((value) => value === null) ? [] : [{ key: "regression", label: "Regression", colour: colours.error, kind: "dots", dotted: true, values }];
}

/** `regression (p95, error rate)`. */
function foundWords(compared: TrendPoint["compared"]): string | null {
  const found = compared === null ? null : FOUND[compared.change];
  const worse = compared === null || found === null ? [] : compared.worse.map((metric) => METRIC_WORDS[metric]);
  return found === null || worse.length === 0 ? found : `${found} of ${worse.join(", ")}`;
}

/** The run at a position as text, for the legend and the table. */
export function runWords({ name, created_ms, tags, baseline, partial, compared }: TrendPoint): string {
  const found = foundWords(compared);
  const more = [...(baseline ? ["baseline"] : []), ...(partial ? ["partial"] : []), ...(found === null ? [] : [compared?.load_differs === true ? `${found}, throughput differs` : found]), ...tags];
  return `${formatDateTime(created_ms)} ${name}${more.length === 0 ? "" : ` (${more.join(", ")})`}`;
}

/** All tags of the runs without duplicates, sorted by name. */
export function tagsOf(runs: TrendPoint[]): string[] {
  return [...new Set(runs.flatMap(({ tags }) => tags))].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}
