import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { usePlan } from "@/features/plans/api/usePlan";
import { doubtChip, noteChips, phaseChip, verdictChip } from "@/features/results/runWords";
import { ScheduleFact } from "@/features/schedules/components/ScheduleFact";
import { ShareDialog } from "@/features/shares/components/ShareDialog";
import type { Run } from "@/shared/api/types";
import { formatRate, plural } from "@/shared/format/numbers";
import { formatDateTime } from "@/shared/format/time";
import { OwnerFact } from "@/shared/session/OwnerFact";
import { ReadOnlyMark } from "@/shared/session/ReadOnlyMark";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { CopyId } from "@/shared/ui/CopyId";
import { Download } from "@/shared/ui/Download";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useDeleteRun } from "../api/useDeleteRun";
import { usePinRun, useSetBaseline } from "../api/useMarkRun";
import { useRunReport } from "../api/useRunReport";
import { useRuns } from "../api/useRuns";
import type { LiveRun } from "../live/liveRun";
import { comparePath, runBefore } from "../runBefore";
import { BaselineMark } from "./BaselineMark";
import { NotifyEnd } from "./NotifyEnd";
import { PinMark } from "./PinMark";
import { Remarks } from "./Remarks";
import { RemarksDialog } from "./RemarksDialog";
import { StartRun } from "./StartRun";
import { StopControl } from "./StopControl";
import { TryMark } from "./TryMark";

/** Title, state, owner, the one main action. */
export function RunHead({ run, live }: { run: Run; live: LiveRun | null }) {
  const verdict = verdictChip(run.verdict, run.headline);
  const doubt = run.phase === "finished" ? doubtChip(run.headline) : null;
  const rejected = useRunReport(run.id, run.phase === "finished").data?.summary.rejected_rows ?? 0;
  const navigate = useNavigate();
  const removal = useDeleteRun(run.id, () => void navigate("/runs"));
  const pin = usePinRun(run.id);
  const baseline = useSetBaseline(run.id);
  const writes = useRights().mayWrite(run);
  const [asked, setAsked] = useState(false);
  const [sharing, setSharing] = useState(false);
  const [remarking, setRemarking] = useState(false);
  const rate = run.phase === "running" ? live?.run.headline?.rate_per_s : null;
  return (
    <>
      <PageHead
        title={run.name}
        tab={rate == null ? run.name : `${formatRate(rate)} ${run.name}`}
        above={
          <>
            <Link to="/runs">Runs</Link> / <CopyId id={run.id} />
          </>
        }
        chips={
          <>
            <Chip {...phaseChip(run)} />
            {doubt !== null && <Chip {...doubt} />}
            {run.phase === "finished" && noteChips(run, rejected).map((chip) => <Chip key={chip.word} {...chip} />)}
            {run.phase === "finished" && verdict !== null && <Chip {...verdict} />}
            {run.try_run && <TryMark />}
            {run.baseline && <BaselineMark />}
            {run.pinned && <PinMark />}
            <ReadOnlyMark thing={run} />
          </>
        }
        facts={
          <>
            <span>
              plan <Link to={`/plans/${run.plan.id}`}>{run.plan.name}</Link>
              {run.plan_revision != null && `, revision ${run.plan_revision}`}
            </span>
            {run.provider !== "imported" && (
              <>
                <span>
                  cluster <Link to={`/clusters/${run.cluster.id}`}>{run.cluster.name}</Link>
                </span>
                <span>{run.workers === 0 ? "master only" : plural(run.workers, "worker")}</span>
                {run.versions !== null ? (
                  <span>
                    JMeter {run.versions.jmeter}, Java {run.versions.java.join(" and ")}
                  </span>
                ) : (
                  // About as long as the versions that replace it, so that the lines below do not move.
                  run.phase !== "finished" && <span className="text-faint">JMeter and Java not checked yet</span>
                )}
              </>
            )}
            {run.total_threads !== null && <span>{plural(run.total_threads, "user")} planned</span>}
            <ScheduleFact run={run.id} />
            <OwnerFact kind="runs" thing={run} />
            <span>{formatDateTime(run.started_ms ?? run.created_ms)}</span>
          </>
        }
        actions={
          run.phase === "finished" ? (
            <>
              <RunAgain run={run} />
              <Download className="btn btn-outline-secondary" path={`/runs/${run.id}/artefacts/report.html`}>
                <Icon name="download" /> Report
              </Download>
              <Menu label="More about this run">
                {!run.try_run && <CompareItem run={run} />}
                <MenuItem onSelect={() => window.print()}>Print</MenuItem>
                {writes && <MenuItem onSelect={() => setRemarking(true)}>Tags and note…</MenuItem>}
                {writes && !run.try_run && (
                  <MenuItem
                    disabled={baseline.isPending}
                    consequence={run.baseline ? "The plan’s trend compares each run with the one before it." : "The plan’s other runs are compared with it."}
                    onSelect={() => baseline.mutate(!run.baseline)}
                  >
                    {run.baseline ? "Remove as baseline" : "Set as baseline"}
                  </MenuItem>
                )}
                {writes && (
                  <MenuItem disabled={pin.isPending} consequence={run.pinned ? "Retention may delete it." : "Never deleted by retention."} onSelect={() => pin.mutate(!run.pinned)}>
                    {run.pinned ? "Unpin" : "Pin"}
                  </MenuItem>
                )}
                {writes && (
                  <MenuItem consequence="A link that shows the report to people without an account." onSelect={() => setSharing(true)}>
                    Share…
                  </MenuItem>
                )}
                {writes && (
                  <MenuItem danger consequence="Deletes its results, logs and report." onSelect={() => setAsked(true)}>
                    Delete…
                  </MenuItem>
                )}
              </Menu>
            </>
          ) : (
            <>
              <NotifyEnd runId={run.id} />
              {writes && <StopControl run={run} />}
            </>
          )
        }
      />
      <Remarks run={run} writes={writes} />
      {pin.error !== null && <ErrorBox error={pin.error} />}
      {baseline.error !== null && <ErrorBox error={baseline.error} />}
      {remarking && <RemarksDialog run={run} onClose={() => setRemarking(false)} />}
      {sharing && <ShareDialog shared={{ kind: "run", run: run.id }} name={run.name} onClose={() => setSharing(false)} />}
      {asked && (
        <RemovalDialog verb="Delete" what={run.name} request={removal} onConfirm={() => removal.mutate()} onClose={() => setAsked(false)}>
          <p>The run is deleted with its results, logs and report.</p>
          {run.baseline && <p>It is the plan’s baseline: without it, each run of the plan’s trend is compared with the one before.</p>}
          {run.pinned && <p>It is pinned: retention would never delete it.</p>}
        </RemovalDialog>
      )}
    </>
  );
}

/** Runs the same again: not offered for a deleted plan or an imported log, which have nothing to run. */
function RunAgain({ run }: { run: Run }) {
  const offered = useRights().may("start_run") && run.provider !== "imported";
  const plan = usePlan(run.plan.id, offered);
  const [open, setOpen] = useState<"run" | "try" | null>(null);
  if (!offered || plan.data === undefined) return null;
  const tried = run.try_run;
  return (
    <>
      <button type="button" className="btn btn-primary" onClick={() => setOpen("run")}>
        <Icon name="play" /> {tried ? "Start run" : "Run again"}
      </button>
      {tried && (
        <button type="button" className="btn btn-outline-secondary" onClick={() => setOpen("try")}>
          <Icon name="eye" /> New try run
        </button>
      )}
      {open !== null && <StartRun planId={run.plan.id} clusterId={run.cluster.id} like={run} newest={tried} tryRun={open === "try"} onClose={() => setOpen(null)} />}
    </>
  );
}

/** Runs without samples are skipped. */
const BEFORE = 20;

/** In the menu, so that the plan's runs are requested only when it is opened. */
function CompareItem({ run }: { run: Run }) {
  const runs = useRuns(new URLSearchParams({ plan: run.plan.id, phase: "finished", try_run: "false", to: String(run.created_ms) }).toString(), BEFORE);
  const navigate = useNavigate();
  const before = runs.data === undefined ? null : runBefore(run, runs.data.items);
  const none = (run.headline?.samples ?? 0) === 0 ? "This run recorded no samples." : "No earlier run of this plan.";
  return (
    <MenuItem
      disabled={before === null}
      consequence={before === null ? (runs.isPending ? "Searching…" : none) : `${before.name}, ${formatDateTime(before.created_ms)}`}
      onSelect={() => before !== null && void navigate(comparePath([before, run]))}
    >
      Compare with previous run
    </MenuItem>
  );
}
