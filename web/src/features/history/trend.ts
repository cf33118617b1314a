/** The runs of a plan as charts: one place on the axis for each run, the oldest first. Pure. */
import type { Change } from "@/shared/api/types";
import type { ChartLine, Threshold, XyContent } from "@/shared/charts/chartTypes";
import type { ChartColours } from "@/shared/charts/palette";
import { formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";

/** A run in a trend: its figures in total, or of one label. */
export interface TrendRun {
  id: string;
  name: string;
  at_ms: number;
  median_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  rate_per_s: number | null;
  error_percent: number | null;
  tags: string[];
  is_baseline: boolean;
  /** What it is to the run that it was tested against; null: it was not tested. */
  change: Change | null;
}

const PERCENTILES = [
  { key: "median_ms", name: "p50" },
  { key: "p90_ms", name: "p90" },
  { key: "p95_ms", name: "p95" },
  { key: "p99_ms", name: "p99" },
] as const;

const REGRESSIONS: readonly (Change | null)[] = ["worse", "mixed"];

export interface TrendCharts {
  times: XyContent;
  rate: XyContent;
  errors: XyContent;
}

export function trendCharts(runs: TrendRun[], baseline: TrendRun | null, colours: ChartColours): TrendCharts {
  const line = (key: string, label: string, colour: string, of: (run: TrendRun) => number | null): ChartLine => ({ key, label, colour, kind: "line", dotted: true, values: runs.map(of) });
  const chart = (lines: ChartLine[], marked: (run: TrendRun) => number | null, limit: Threshold | null): XyContent => ({
    x: runs.map((_run, place) => place),
    // Half a place of air: the first and the last run do not lie on the edges.
    range: [-0.5, Math.max(runs.length, 2) - 0.5],
    ticks: null,
    wide: true,
    lines: [...regressions(runs, marked, colours), ...lines],
    thresholds: limit === null ? [] : [limit],
  });
  const at = (value: number | null | undefined, name: string, format: (value: number) => string) => (value == null ? null : { value, label: `baseline ${name}${format(value)}` });
  return {
    times: chart(
      PERCENTILES.map(({ key, name }, index) => line(key, name, colours.percentiles[index] ?? colours.text, (run) => run[key])),
      (run) => run.p95_ms,
      at(baseline?.p95_ms, "p95 ", formatMs),
    ),
    rate: chart([line("rate", "Throughput", colours.rate, (run) => run.rate_per_s)], () => null, at(baseline?.rate_per_s, "", formatRate)),
    errors: chart([line("errors", "Error rate", colours.error, (run) => run.error_percent)], (run) => run.error_percent, at(baseline?.error_percent, "", formatPercent)),
  };
}

/** A ring around each run that is worse; no line where there is none. */
function regressions(runs: TrendRun[], of: (run: TrendRun) => number | null, colours: ChartColours): ChartLine[] {
  const values = runs.map((run) => (REGRESSIONS.includes(run.change) ? of(run) : null));
  return values.every((value) => value === null) ? [] : [{ key: "regression", label: "Regression", colour: colours.error, kind: "dots", dotted: true, values }];
}

/** The run at a place in words, for the legend and the table. */
export function runWords({ name, at_ms, tags, is_baseline, change }: TrendRun): string {
  const more = [...(is_baseline ? ["baseline"] : []), ...(change === null || change === "same" ? [] : [change]), ...tags];
  return `${formatDateTime(at_ms)} ${name}${more.length === 0 ? "" : ` (${more.join(", ")})`}`;
}
