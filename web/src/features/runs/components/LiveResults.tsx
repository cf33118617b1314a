import { useMemo, type ReactNode } from "react";
import { Criteria } from "@/features/results/components/Criteria";
import { EntryTable } from "@/features/results/components/EntryTable";
import { ErrorTable } from "@/features/results/components/ErrorTable";
import { OverTimeSection } from "@/features/results/components/OverTimeSection";
import { ResultCharts } from "@/features/results/components/ResultCharts";
import { errorsOfLabels, summaryOfLabels } from "@/features/results/labelScope";
import { pointsWithin } from "@/features/results/reportPart";
import { useChosenLabels } from "@/features/results/useChosenLabels";
import type { Run } from "@/shared/api/types";
import { useTimeline } from "@/shared/charts/timeline";
import { formatCount } from "@/shared/format/numbers";
import { useConnection } from "@/shared/ui/ConnectionNote";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { WhileSeen } from "@/shared/ui/WhileSeen";
import { useBaseline } from "../api/useBaseline";
import { settledUntil, type LiveRun } from "../live/liveRun";
import { useLiveLabels } from "../live/useLiveLabels";
import { summaryOfWindow, useLiveWindow } from "../live/useLiveWindow";
import type { SampleSearch } from "../samples/useSampleSearch";
import { LiveFigures } from "./LiveFigures";
import { NodeCharts } from "./NodeCharts";

const NO_LABELS: never[] = [];

/** The results of an active run: of all labels or the selected ones, of all the time or the range that the charts show. */
export function LiveResults({ run, live, annotations, samples }: { run: Run; live: LiveRun; annotations: ReactNode; samples: SampleSearch }) {
  const connection = useConnection();
  const baseline = useBaseline(run);
  // Each snapshot has a new array with nearly always the same names: it must not trigger rendering each second.
  const written = JSON.stringify(live.summary.labels.filter((each) => each.samples > 0).map((each) => each.label));
  const names = useMemo(() => JSON.parse(written) as string[], [written]);
  const labels = useChosenLabels(names);
  const { chosen, slots } = labels;
  const newest = live.points.at(-1);
  const { series, together, error: labelsError, untilMs } = useLiveLabels(run.id, chosen, live.seq, newest === undefined ? null : newest.t_ms + live.bucket_ms);
  const { range, last } = useTimeline();
  const scope = last?.seconds == null ? JSON.stringify(range) : `last ${last.seconds}`;
  const { table, error } = useLiveWindow(run.id, range, scope, chosen.length > 1 ? chosen : NO_LABELS, live.seq);
  const summary = useMemo(() => summaryOfWindow(live.summary, table), [live.summary, table]);
  const inWindow = table !== null;
  const shown = useMemo(() => (table === null ? live.points : pointsWithin(live.points, live.bucket_ms, [table.from_ms, table.to_ms])), [live.points, live.bucket_ms, table]);
  const stale = !connection.connected || labelsError !== null;
  const quiet = { points: live.points, bucketMs: live.bucket_ms, labels: series, chosen, slots, settledUntilMs: settledUntil(live), labelsUntilMs: untilMs, stale };
  return (
    <>
      {error !== null && <ErrorBox error={error} />}
      {labelsError !== null && <ErrorBox error={labelsError} />}
      {range !== null && table === null && <Note tone="info">Figures and table: whole run.</Note>}
      <LiveFigures
        live={live}
        run={run}
        summary={summary}
        points={shown}
        inWindow={inWindow}
        chosen={chosen}
        series={series}
        together={inWindow ? table.together : together}
        untilMs={untilMs}
        baseline={baseline}
      />
      <Criteria live results={run.criteria} watch={run.criteria_watch} expressions={run.criteria_expressions} warmUpS={run.warm_up_s} rules={run.stop_rule_states} ruleExpressions={run.stop_rules} />
      {annotations}
      <ResultCharts
        points={live.points}
        bucketMs={live.bucket_ms}
        labels={series}
        chosen={chosen}
        slots={slots}
        settledUntilMs={settledUntil(live)}
        lastSampleMs={live.summary.end_ms}
        stale={stale}
        labelsUntilMs={untilMs}
        criteria={run.criteria_expressions}
      />
      {live.labels > live.summary.labels.length && (
        <Note tone="info">
          Showing the {formatCount(live.summary.labels.length)} labels with the most samples of {formatCount(live.labels)}. The report has all of them.
        </Note>
      )}
      <WhileSeen>
        <EntryTable summary={summary} choice={labels} apdex={null} showSamples={samples.show} empty={inWindow ? "No samples in this time." : "Labels appear here with their first samples."} />
      </WhileSeen>
      <WhileSeen>
        <ErrorTable
          errors={errorsOfLabels(inWindow ? table.errors : live.errors, chosen)}
          allErrors={summaryOfLabels(summary, chosen).total.errors}
          live
          inWindow={inWindow}
          narrowed={chosen.length > 0}
          showSamples={samples.show}
        />
      </WhileSeen>
      <OverTimeSection view={quiet} codes={live.codes} />
      <NodeCharts run={run} since={live.nodes} points={live.points} stale={!connection.connected} />
      {samples.section}
    </>
  );
}
