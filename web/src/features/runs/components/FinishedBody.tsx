import { ReportBody } from "@/features/results/components/ReportBody";
import { Notes } from "@/features/results/components/Notes";
import { isOfPart } from "@/features/results/reportPart";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Waiting } from "@/shared/ui/Waiting";
import { useBaseline } from "../api/useBaseline";
import { useLabelCharts } from "../api/useLabelCharts";
import { useLabelsTogether } from "../api/useLabelsTogether";
import { useNodeSeries } from "../api/useNodeSeries";
import { useReportPart } from "../api/useReportPart";
import { useRunReport } from "../api/useRunReport";
import { useRunTransactions } from "../api/useRunTransactions";
import { LiveBody, type ResultsProps } from "./LiveBody";
import { NodeCharts } from "./NodeCharts";

/** The report; until it is loaded, the live view stays on the page. */
export function FinishedBody({ run, live, annotating, samples }: ResultsProps) {
  const report = useRunReport(run.id, true);
  const baseline = useBaseline(run);
  const part = useReportPart(run.id, report.data);
  const charted = useLabelCharts(run.id, report.data);
  const together = useLabelsTogether(run.id, report.data);
  // Imported runs have no nodes here, and a short run may end before the first observation.
  const observed = (useNodeSeries(run.id, false, run.provider !== "imported")?.nodes.length ?? 0) > 0;
  const parts = useRunTransactions(run);
  if (charted.report !== undefined) {
    return (
      <>
        {charted.loading && <Waiting what="Reading the log for the charts of the chosen label…" />}
        {charted.error !== null && <ErrorBox error={charted.error} onRetry={charted.retry} />}
        {together.error !== null && <ErrorBox error={together.error} onRetry={together.retry} />}
        <ReportBody
          report={charted.report}
          samples={samples}
          baseline={baseline}
          part={part}
          together={isOfPart(part) ? together.entry : null}
          annotating={annotating}
          runNodes={run.nodes}
          nodes={observed && <NodeCharts run={run} points={charted.report.series.points} />}
          parts={parts}
          anyLabel
        />
      </>
    );
  }
  if (report.error !== null) {
    return (
      <>
        <Notes summary={null} cause={run.cause} notes={run.notes} />
        <ErrorBox error={report.error} onRetry={() => void report.refetch()} />
      </>
    );
  }
  return (
    <>
      <Waiting what="Loading the report…" tall={live === null} />
      {live !== null && <LiveBody run={run} live={live} annotating={annotating} samples={samples} />}
    </>
  );
}
