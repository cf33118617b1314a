import { Link, Outlet, useParams, useSearchParams } from "react-router";
import { useComparison } from "@/features/compare/api/useComparison";
import { readRuns } from "@/features/compare/chosenRuns";
import { ComparisonBody } from "@/features/compare/components/ComparisonBody";
import { useLabelled } from "@/features/compare/useLabelled";
import { ReportBody } from "@/features/results/components/ReportBody";
import { isOfPart } from "@/features/results/reportPart";
import { doubtChip, phaseChip, verdictChip } from "@/features/results/runWords";
import { useLabelsTogether } from "@/features/runs/api/useLabelsTogether";
import { useReportPart } from "@/features/runs/api/useReportPart";
import { useRun } from "@/features/runs/api/useRun";
import { useRunReport } from "@/features/runs/api/useRunReport";
import type { Run } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { useZone } from "@/shared/format/zone";
import { Chip } from "@/shared/ui/Chip";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { PageHead } from "@/shared/ui/PageHead";
import { ThemeSwitch } from "@/shared/ui/ThemeSwitch";
import { ZoneSwitch } from "@/shared/ui/ZoneSwitch";

/** The page of a share link: results without the app's frame. */
export function ShareLayout() {
  return (
    <main className="offline">
      <Outlet key={useZone()} />
    </main>
  );
}

/** Shown below shared results, but not below an invalid link, where it would be wrong. */
function ShareFoot() {
  return (
    <footer className="offline-foot">
      <p>
        Shared from <Link to="/">JAC</Link>, read only.
      </p>
    </footer>
  );
}

/** A deleted run ends its links; reloading does not need the link's secret. */
const WAITING_MS = 5000;

export function ShareRunRoute() {
  const { id = "" } = useParams();
  const run = useRun(id, WAITING_MS);
  return (
    <Loaded query={run} what="Loading the run…">
      {(found) => (
        <>
          <RunHead run={found} />
          {found.phase === "finished" ? <SharedReport run={found} /> : <Note tone="info">This run is in progress. Its report appears here when it has finished.</Note>}
          <ShareFoot />
        </>
      )}
    </Loaded>
  );
}

function RunHead({ run }: { run: Run }) {
  const doubt = run.phase === "finished" ? doubtChip(run.headline) : null;
  const verdict = run.phase === "finished" ? verdictChip(run.verdict, run.headline) : null;
  return (
    <PageHead
      title={run.name}
      chips={
        <>
          <Chip {...phaseChip(run)} />
          {doubt !== null && <Chip {...doubt} />}
          {verdict !== null && <Chip {...verdict} />}
        </>
      }
      facts={
        <>
          <span>plan {run.plan.name}</span>
          {run.provider !== "imported" && <span>{run.workers === 0 ? "master only" : plural(run.workers, "worker")}</span>}
          {run.total_threads !== null && <span>{plural(run.total_threads, "user")} planned</span>}
          <span>{run.owner.name}</span>
          <span>{formatDateTime(run.started_ms ?? run.created_ms)}</span>
        </>
      }
      actions={<Actions />}
    />
  );
}

function SharedReport({ run }: { run: Run }) {
  const report = useRunReport(run.id, true);
  const part = useReportPart(run.id, report.data);
  const together = useLabelsTogether(run.id, report.data);
  return (
    <Loaded query={report} what="Loading the report…">
      {(found) => (
        <>
          {together.error !== null && <ErrorBox error={together.error} onRetry={together.retry} />}
          <ReportBody report={found} part={part} runNodes={run.nodes} together={isOfPart(part) ? together.entry : null} />
        </>
      )}
    </Loaded>
  );
}

export function ShareCompareRoute() {
  const [parameters] = useSearchParams();
  const runs = readRuns(parameters.get("runs"));
  const comparison = useComparison(runs);
  const labelled = useLabelled(runs, comparison.data);
  return (
    <>
      <PageHead title="Comparison" facts={<span>{plural(runs.length, "run")}; the first is the baseline</span>} actions={<Actions />} />
      <Loaded query={comparison} what="Comparing the runs…">
        {(report) => (
          <>
            <ComparisonBody report={report} labelled={labelled} nameOf={({ run_id }, name) => (run_id === null ? name : <Link to={`/share/runs/${run_id}`}>{name}</Link>)} />
            <ShareFoot />
          </>
        )}
      </Loaded>
    </>
  );
}

function Actions() {
  return (
    <>
      <ZoneSwitch />
      <ThemeSwitch />
      <button type="button" className="btn btn-outline-secondary" onClick={() => window.print()}>
        <Icon name="printer" /> Print
      </button>
    </>
  );
}
