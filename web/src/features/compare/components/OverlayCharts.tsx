import { useMemo, type ReactNode } from "react";
import { PercentileChart } from "@/features/results/components/PercentileChart";
import type { Spread } from "@/features/results/spread";
import { TimeChart } from "@/shared/charts/TimeChart";
import { TimelineBar } from "@/shared/charts/TimelineBar";
import { formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { errorRate, overlay, p95, rate, type Overlaid } from "../overlay";

interface Props {
  /** What the charts over time show: the totals, or one label. */
  all: Overlaid[];
  /** The same results in total. */
  totals: Overlaid[];
  /** Selects the label, if that is possible. */
  choice?: ReactNode;
  empty: string;
}

/** Charts of all results in one; time is counted from each one's start. */
export function OverlayCharts({ all, totals, choice, empty }: Props) {
  const contents = useMemo(() => ({ rate: overlay(all, rate), p95: overlay(all, p95), errors: overlay(all, errorRate) }), [all]);
  const shown = useMemo<Spread[]>(
    () => totals.flatMap(({ key, name, colour, result }) => (result.profile === null ? [] : [{ key, name, colour, profile: result.profile, percents: result.percents }])),
    [totals],
  );
  return (
    <section className="report-section" aria-label="Charts over time since the start">
      <div className="section-head">
        <h2>Time since start</h2>
        {choice}
        <TimelineBar live={false} />
      </div>
      <div className="chart-grid">
        <TimeChart id="compare-throughput" title="Throughput" unit="samples per second" content={contents.rate} format={formatRate} empty={empty} />
        <TimeChart id="compare-p95" title="p95" unit="by completion time" content={contents.p95} format={formatMs} logarithmic="offered" empty={empty} />
        <TimeChart id="compare-errors" title="Errors" unit="% of samples" content={contents.errors} format={formatPercent} empty={empty} />
        <PercentileChart id="compare-percentiles" shown={shown} />
      </div>
    </section>
  );
}
