import { useMemo, useState } from "react";
import type { LabelSeries, Point } from "@/shared/api/types";
import { TimeChart } from "@/shared/charts/TimeChart";
import { TimelineBar } from "@/shared/charts/TimelineBar";
import { chartColours, lineColour, type Scheme } from "@/shared/charts/palette";
import { formatCount, formatMs, formatPercent, formatRate } from "@/shared/format/numbers";
import { useTheme } from "@/shared/ui/theme";
import { activeUsers, errors, frameOf, responseTimes, sources, throughput, TIME_METRICS, type ErrorUnit, type TimeMetric } from "../chartSeries";
import { thresholdsOf } from "../thresholds";
import { shownNote } from "../shownNote";

interface Props {
  points: Point[];
  bucketMs: number;
  labels: LabelSeries[];
  /** Labels to show instead of the total, and the colour slot of each. */
  chosen: string[];
  slots: Map<string, number>;
  settledUntilMs: number | null;
  lastSampleMs: number | null;
  stale: boolean;
  criteria: string[];
  /** The end of the labels' points, if newer ones could not be loaded; null: all are loaded. */
  labelsUntilMs?: number | null;
  /** The page has the timeline bar elsewhere. */
  bare?: boolean;
}

/** The four main charts of a run, for live and finished runs. */
export function ResultCharts({ points, bucketMs, labels, chosen, slots, settledUntilMs, lastSampleMs, stale, criteria, labelsUntilMs = null, bare }: Props) {
  const { scheme } = useTheme();
  const [metric, setMetric] = useState<TimeMetric>("p95_ms");
  const [errorUnit, setErrorUnit] = useState<ErrorUnit>("rate");

  const contents = useMemo(() => {
    const colours = chartColours(scheme);
    const frame = frameOf(points, bucketMs, settledUntilMs);
    const from = sources(points, labels, chosen, slotColour(slots, scheme), labelsUntilMs);
    const limits = thresholdsOf(criteria, chosen, metric);
    return {
      throughput: throughput(from, frame, colours, limits.throughput),
      times: responseTimes(from, frame, metric, colours, limits.times),
      errors: errors(from, frame, errorUnit, colours, errorUnit === "share" ? limits.errorRate : []),
      users: activeUsers(points, frame, colours),
    };
  }, [points, labels, chosen, slots, scheme, bucketMs, settledUntilMs, metric, errorUnit, criteria, labelsUntilMs]);

  const common = { lastSampleMs, stale };
  const perLabel = chosen.length > 0;
  return (
    <section id="charts" className="report-section" aria-label="Charts over time">
      <div className="section-head">
        <h2>{bare === true ? "Charts" : "Over time"}</h2>
        {perLabel && <span className="section-note">{shownNote(chosen)}</span>}
        {bare !== true && <TimelineBar live={settledUntilMs !== null} />}
      </div>
      <div className="chart-grid">
        <TimeChart id="throughput" title="Throughput" unit="samples per second" content={contents.throughput} format={formatRate} {...common} />
        <TimeChart
          id="response-times"
          title="Response time"
          unit={perLabel ? "by completion time" : "percentiles per interval, by completion time"}
          content={contents.times}
          format={formatMs}
          logarithmic="offered"
          choices={
            perLabel && (
              <select className="form-select form-select-sm chart-choice" aria-label="Which response time" value={metric} onChange={(event) => setMetric(event.target.value as TimeMetric)}>
                {TIME_METRICS.map(({ key, name }) => (
                  <option key={key} value={key}>
                    {name}
                  </option>
                ))}
              </select>
            )
          }
          {...common}
        />
        <TimeChart
          id="errors"
          title="Errors"
          unit={errorUnit === "rate" ? "per second" : "% of samples"}
          content={contents.errors}
          format={errorUnit === "rate" ? formatRate : formatPercent}
          choices={
            <button type="button" className="btn btn-quiet" aria-pressed={errorUnit === "share"} onClick={() => setErrorUnit(errorUnit === "rate" ? "share" : "rate")}>
              %
            </button>
          }
          {...common}
        />
        <TimeChart id="active-users" title="Active users" unit="all nodes together" content={contents.users} format={formatCount} steps="whole" {...common} />
      </div>
    </section>
  );
}

function slotColour(slots: Map<string, number>, scheme: Scheme): (label: string) => string {
  return (label) => lineColour(slots.get(label) ?? 0, scheme);
}
