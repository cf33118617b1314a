import { useMemo } from "react";
import { Criteria } from "@/features/results/components/Criteria";
import { EntryTable } from "@/features/results/components/EntryTable";
import { ErrorTable } from "@/features/results/components/ErrorTable";
import { Notes } from "@/features/results/components/Notes";
import { ResultCharts } from "@/features/results/components/ResultCharts";
import { errorsOfLabels, summaryOfLabels } from "@/features/results/labelScope";
import { useChosenLabels } from "@/features/results/useChosenLabels";
import type { Run } from "@/shared/api/types";
import { Transactions, transactionsOf } from "@/features/results/transactions";
import { useConnection } from "@/shared/ui/ConnectionNote";
import { TimelineProvider } from "@/shared/charts/timeline";
import { formatCount } from "@/shared/format/numbers";
import { Note } from "@/shared/ui/Note";
import { Waiting } from "@/shared/ui/Waiting";
import { useSampleSearch } from "../samples/useSampleSearch";
import { settledUntil, type LiveRun } from "../live/liveRun";
import { NodeCharts } from "./NodeCharts";
import { useLiveLabels } from "../live/useLiveLabels";
import { LiveFigures } from "./LiveFigures";
import { RunProgress } from "./RunProgress";
import { Steps } from "./Steps";

const NO_LABELS: never[] = [];

/** A run that is under way: steps until it takes samples, then figures, charts and tables that grow. */
export function LiveBody({ run, live }: { run: Run; live: LiveRun | null }) {
  const connection = useConnection();
  const samples = useSampleSearch(run);
  const all = live?.summary.labels;
  // A new array for each snapshot, the same names nearly always: what hangs on them is not to be made anew each second.
  const written = JSON.stringify(all?.filter((each) => each.samples > 0).map((each) => each.label) ?? NO_LABELS);
  const names = useMemo(() => JSON.parse(written) as string[], [written]);
  const labels = useChosenLabels(names);
  const { chosen, slots } = labels;
  const series = useLiveLabels(run.id, chosen, live?.seq ?? 0);
  const early = run.phase === "queued" || run.phase === "preparing";
  const started = live !== null && live.points.length > 0;
  return (
    <>
      <Notes summary={live?.summary ?? null} cause={run.cause} notes={run.notes} folded />
      <RunProgress run={run} />
      {(early || !started || run.phase === "collecting") && <Steps steps={run.steps} now={run.step} />}
      {live === null && !early && <Waiting what="Loading the figures…" tall />}
      {live !== null && !early && (
        <Transactions value={transactionsOf(live.summary.labels)}>
          <TimelineProvider originMs={live.summary.start_ms ?? run.started_ms ?? live.points[0]?.t_ms ?? 0}>
            <LiveFigures live={live} run={run} chosen={chosen} series={series} />
            <Criteria live results={run.criteria} watch={run.criteria_watch} expressions={run.criteria_expressions} warmUpS={run.warm_up_s} rules={run.stop_rule_states} />
            <ResultCharts
              points={live.points}
              bucketMs={live.bucket_ms}
              labels={series}
              chosen={chosen}
              slots={slots}
              settledUntilMs={settledUntil(live)}
              lastSampleMs={live.summary.end_ms}
              stale={!connection.connected}
              criteria={run.criteria_expressions}
            />
            {live.labels > live.summary.labels.length && (
              <Note tone="info">
                Showing the {formatCount(live.summary.labels.length)} labels with the most samples of {formatCount(live.labels)}. The report has all of them.
              </Note>
            )}
            <EntryTable summary={live.summary} choice={labels} apdex={null} showSamples={samples.show} empty="Labels appear here with their first samples." />
            <ErrorTable errors={errorsOfLabels(live.errors, chosen)} allErrors={summaryOfLabels(live.summary, chosen).total.errors} live narrowed={chosen.length > 0} showSamples={samples.show} />
            <NodeCharts traces={live.nodes} points={live.points} stale={!connection.connected} />
            {samples.section}
          </TimelineProvider>
        </Transactions>
      )}
    </>
  );
}
