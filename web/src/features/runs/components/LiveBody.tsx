import { useMemo } from "react";
import { Notes } from "@/features/results/components/Notes";
import type { TransactionParts } from "@/features/results/folding";
import { PartsOfTransactions, Transactions, transactionsOf } from "@/features/results/transactions";
import type { Run } from "@/shared/api/types";
import { TimelineProvider } from "@/shared/charts/timeline";
import { Empty } from "@/shared/ui/Empty";
import { Waiting } from "@/shared/ui/Waiting";
import { useRunTransactions } from "../api/useRunTransactions";
import { settledUntil, type LiveRun } from "../live/liveRun";
import type { SampleSearch } from "../samples/useSampleSearch";
import type { Annotating } from "../useAnnotating";
import { LiveResults } from "./LiveResults";
import { NodeList } from "./NodeList";
import { RunProgress } from "./RunProgress";
import { Steps } from "./Steps";

const NO_PARTS: TransactionParts = {};

export interface ResultsProps {
  run: Run;
  live: LiveRun | null;
  annotating: Annotating;
  samples: SampleSearch;
}

/** A run that is under way: steps until it takes samples, then figures, charts and tables that grow. */
export function LiveBody({ run, live, annotating, samples }: ResultsProps) {
  const early = run.phase === "queued" || run.phase === "preparing";
  const parts = useRunTransactions(run);
  const newest = live?.points.at(-1);
  // The same set as long as it has the same labels, because everything that shows labels depends on it.
  const written = JSON.stringify(live === null ? [] : [...transactionsOf(live.summary.labels)]);
  const transactions = useMemo(() => new Set(JSON.parse(written) as string[]), [written]);
  return (
    <>
      <Notes summary={live?.summary ?? null} cause={run.cause} notes={run.notes} folded />
      {live !== null && <RunProgress run={run} now={live.at_ms} />}
      {/* With the first samples they move below the results, so that the charts are not pushed down. */}
      {early && (
        <div className="run-early">
          <Steps begins steps={run.steps} now={run.step} at={null} />
          <NodeList scrolls nodes={run.nodes} ended={false} />
          <section className="card run-early-results">
            <Empty icon="graph-up" title="No samples yet.">
              Figures, charts and tables appear here with the first samples.
            </Empty>
          </section>
        </div>
      )}
      {live === null && !early && <Waiting what="Loading the figures…" tall />}
      {live !== null && !early && (
        <Transactions value={transactions}>
          <PartsOfTransactions value={parts ?? NO_PARTS}>
            <TimelineProvider
              originMs={live.summary.start_ms ?? run.started_ms ?? live.points[0]?.t_ms ?? 0}
              followed
              // Time advances without samples too, so that a hanging system under test is visible.
              endMs={newest === undefined ? null : Math.max(newest.t_ms + live.bucket_ms, settledUntil(live) ?? 0)}
              moments={annotating.moments}
              pick={annotating.pick}
            >
              <LiveResults run={run} live={live} annotations={annotating.list} samples={samples} />
            </TimelineProvider>
          </PartsOfTransactions>
        </Transactions>
      )}
    </>
  );
}
