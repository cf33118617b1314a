import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { TrendSection } from "@/features/history/components/TrendSection";
import { usePlan } from "@/features/plans/api/usePlan";
import { useMoveFile } from "@/features/plans/api/useChangePlan";
import { usePlanCheck } from "@/features/plans/api/usePlanCheck";
import { CheckView } from "@/features/plans/components/CheckView";
import { PlanFiles } from "@/features/plans/components/PlanFiles";
import { PlanHead } from "@/features/plans/components/PlanHead";
import { PlanOutline } from "@/features/plans/components/PlanOutline";
import { PlanRevisions } from "@/features/plans/components/PlanRevisions";
import { PlanCriteria } from "@/features/runs/components/PlanCriteria";
import { useRuns } from "@/features/runs/api/useRuns";
import { RunList } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { PlanSampleSection } from "@/features/runs/samples/PlanSampleSection";
import type { Plan } from "@/shared/api/types";
import { useInfo } from "@/shared/session/useInfo";
import { useRights } from "@/shared/session/useSession";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";
import { Waiting } from "@/shared/ui/Waiting";
import { hasCode } from "@/shared/ui/refusal";
import { useUrlParameters } from "@/shared/url/useUrlParameters";

const UNKNOWN_LIMITS = { max_upload_bytes: Infinity, max_files: Infinity };

/** Each has a separate page: dialogs opened on one are closed on the next. */
export function PlanRoute() {
  const { id = "" } = useParams();
  return <PlanPage key={id} id={id} />;
}

function PlanPage({ id }: { id: string }) {
  const [parameters, change] = useUrlParameters();
  const workers = Math.max(0, Math.floor(Number(parameters.get("workers") ?? "2")) || 0);
  const query = usePlan(id);
  const check = usePlanCheck(id, workers);
  const { may } = useRights();
  const info = useInfo();
  const max = info.data?.limits.max_workers ?? 16;
  if (hasCode(query.error, "not_found"))
    return (
      <RunsWithoutPlan
        id={id}
        missing={
          <Loaded query={query} what="">
            {() => null}
          </Loaded>
        }
      />
    );
  return (
    <Loaded query={query} what="Loading the plan…">
      {(plan) => (
        <>
          <PlanHead
            plan={plan}
            start={
              may("start_run") && (
                <StartRunButton tries planId={plan.id} lastRunId={plan.last_run?.id} disabled={check.data?.ok === false} {...(check.data?.ok === false ? { why: "Fix the errors below." } : {})} />
              )
            }
          />
          {hasCode(check.error, "read_only_role") ? (
            <PlanFiles plan={plan} limits={info.data?.limits ?? UNKNOWN_LIMITS} />
          ) : (
            <div className="columns columns-main">
              <div className="stack">
                <Validation plan={plan} check={check} workers={workers} max={max} onWorkers={(next) => change((url) => url.set("workers", String(next)))} />
                <PlanOutline planId={plan.id} />
              </div>
              <PlanFiles plan={plan} limits={info.data?.limits ?? UNKNOWN_LIMITS} />
            </div>
          )}
          <PlanCriteria plan={plan} />
          <PlanRevisions plan={plan} />
          <TrendSection plan={plan.id} />
          {plan.runs > 0 && <PlanSampleSection plan={plan.id} />}
          <RunList of={{ plan: plan.id }} prefix="runs." title="Runs of this plan" without={["plan"]} empty="No runs of this plan yet." />
        </>
      )}
    </Loaded>
  );
}

/** The history of runs whose plan was deleted, or that were imported under a name that no plan has. */
function RunsWithoutPlan({ id, missing }: { id: string; missing: ReactNode }) {
  const newest = useRuns(new URLSearchParams({ plan: id }).toString(), 1);
  const [run] = newest.data?.items ?? [];
  if (run === undefined) return newest.isPending ? <Waiting what="Loading the plan…" /> : missing;
  return (
    <>
      <PageHead title={run.plan.name} above={<Link to="/plans">Plans</Link>} facts={<span>This plan is not in JAC. Its runs and their trend are kept.</span>} />
      <TrendSection plan={id} />
      <PlanSampleSection plan={id} />
      <RunList of={{ plan: id }} prefix="runs." title="Runs of this plan" without={["plan"]} empty="No runs of this plan." />
    </>
  );
}

interface ValidationProps {
  plan: Plan;
  check: ReturnType<typeof usePlanCheck>;
  workers: number;
  max: number;
  onWorkers: (workers: number) => void;
}

/** What the plan needs and does with this number of workers. */
function Validation({ plan, check, workers, max, onWorkers }: ValidationProps) {
  const move = useMoveFile(plan.id);
  const { mayWrite } = useRights();
  return (
    <>
      <div className="section-head">
        <h2>Validation</h2>
        <label className="workers-choice">
          for
          <input
            type="number"
            className="form-control form-control-sm"
            min={0}
            max={max}
            value={workers}
            onChange={(event) => onWorkers(Math.min(max, Math.max(0, Number(event.target.value) || 0)))}
          />
          workers
        </label>
      </div>
      <Loaded query={check} what="Validating the plan…" tall>
        {(found) => <CheckView check={found} move={mayWrite(plan) ? move : null} />}
      </Loaded>
    </>
  );
}
