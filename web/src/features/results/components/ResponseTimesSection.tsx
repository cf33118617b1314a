import { useMemo } from "react";
import type { ApdexThresholds, Profiles, Summary } from "@/shared/api/types";
import { XyChart } from "@/shared/charts/XyChart";
import { formatCount, formatMs } from "@/shared/format/numbers";
import { Note } from "@/shared/ui/Note";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import { againstUsers } from "../relations";
import { spreads, withoutProfile } from "../spread";
import { useDrawing, useZoomedPoints, type ChartView } from "../useDrawing";
import { shownNote } from "../shownNote";
import { AllLabels } from "./AllLabels";
import { ApdexTable } from "./ApdexTable";
import { XY_CHART_HEIGHT } from "../chartHeight";
import { Distribution } from "./Distribution";
import { Overview } from "./Overview";
import { PercentileChart } from "./PercentileChart";
import { ReportSection } from "./ReportSection";

interface Props {
  view: ChartView;
  profiles: Profiles;
  apdex: ApdexThresholds;
  summary: Summary;
  /** The figures are of a time range, which has profiles of its busiest labels only. */
  zoomed: boolean;
}

/** The distribution of response times, and their relation to load and users. */
export function ResponseTimesSection({ view, profiles, apdex, summary, zoomed }: Props) {
  const { labelColour, colours } = useDrawing(view);
  const shown = useMemo(() => spreads(profiles, view.chosen, labelColour, colours.percentiles[2]), [profiles, view.chosen, labelColour, colours]);
  const missing = zoomed ? withoutProfile(summary, profiles, view.chosen) : [];
  const empty = missing.length === 0 ? "No samples." : `Not available for ${missing.length === 1 ? "this label" : "these labels"} in the selected time range.`;
  return (
    <ReportSection id="response-times-charts" title="Response times" note={shownNote(view.chosen)}>
      <div className="stack">
        {missing.length > 0 && shown.length > 0 && <Note tone="info">Not available in the selected time range: {missing.join(", ")}.</Note>}
        <div className="chart-grid">
          <WhenSeen height={XY_CHART_HEIGHT}>{() => <PercentileChart id="percentile-curve" shown={shown} empty={empty} />}</WhenSeen>
          <Distribution shown={shown} empty={empty} />
          <Overview shown={shown} apdex={apdex} empty={empty} />
          <WhenSeen height={XY_CHART_HEIGHT}>{() => <UsersChart view={view} />}</WhenSeen>
        </div>
        <ApdexTable summary={summary} profiles={profiles} apdex={apdex} scope={<AllLabels chosen={view.chosen} />} />
      </div>
    </ReportSection>
  );
}

function UsersChart({ view }: { view: ChartView }) {
  const { colours } = useDrawing(view);
  const points = useZoomedPoints(view);
  const content = useMemo(() => againstUsers(points, colours), [points, colours]);
  return (
    <XyChart
      id="time-against-users"
      zooms
      title="Response time vs. active users"
      unit="mean by number of users"
      content={content}
      axis="Active users"
      format={formatMs}
      formatX={formatCount}
      empty="The log has no thread counts."
      choices={<AllLabels chosen={view.chosen} />}
    />
  );
}
