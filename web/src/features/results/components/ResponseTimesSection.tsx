import { useMemo } from "react";
import type { ApdexThresholds, Profiles, Summary } from "@/shared/api/types";
import { XyChart } from "@/shared/charts/XyChart";
import { formatCount, formatMs } from "@/shared/format/numbers";
import { WhenSeen } from "@/shared/ui/WhenSeen";
import { againstUsers } from "../relations";
import { spreads } from "../spread";
import { useDrawing, useZoomedPoints, type ChartView } from "../useDrawing";
import { shownNote } from "../shownNote";
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
}

/** How response times are spread, and what they go with. */
export function ResponseTimesSection({ view, profiles, apdex, summary }: Props) {
  const { labelColour, colours } = useDrawing(view);
  const shown = useMemo(() => spreads(profiles, view.chosen, labelColour, colours.percentiles[2]), [profiles, view.chosen, labelColour, colours]);
  return (
    <ReportSection id="response-times-charts" title="Response times" note={shownNote(view.chosen)}>
      <div className="stack">
        <div className="chart-grid">
          <WhenSeen height={XY_CHART_HEIGHT}>{() => <PercentileChart id="percentile-curve" shown={shown} />}</WhenSeen>
          <Distribution shown={shown} />
          <Overview shown={shown} apdex={apdex} />
          <WhenSeen height={XY_CHART_HEIGHT}>{() => <UsersChart view={view} />}</WhenSeen>
        </div>
        <ApdexTable summary={summary} profiles={profiles} apdex={apdex} />
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
      unit="mean response time per number of active users"
      content={content}
      axis="Active users"
      format={formatMs}
      formatX={formatCount}
      empty="The log has no thread counts."
    />
  );
}
