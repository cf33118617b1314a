import { lazy, Suspense, type ComponentProps } from "react";
import { Link } from "react-router";
import { useLivingClusters } from "@/features/clusters/api/useClusters";
import { usePlans } from "@/features/plans/api/usePlans";
import { useRuns } from "@/features/runs/api/useRuns";
import { LastRuns } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { useSwitchedOff } from "@/features/schedules/api/useSchedules";
import { SwitchedOffNotes } from "@/features/schedules/components/SwitchedOffNotes";
import { useInfo } from "@/shared/session/useInfo";
import { PasswordNote } from "@/features/session/components/PasswordNote";
import type { Info, RunSummary } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Note } from "@/shared/ui/Note";
import { PageHead } from "@/shared/ui/PageHead";
import { Waiting } from "@/shared/ui/Waiting";
import { Notices } from "./Notices";
import { OverviewClusters } from "./OverviewClusters";
import { RunCard } from "./RunCard";
import { MOST_UNDER_WAY, underWay } from "./shown";

/** Only an empty installation needs it. */
const FirstSteps = lazy(async () => ({ default: (await import("./FirstSteps")).FirstSteps }));

const LAST = 10;
/** The newest runs, which include the queued and preparing ones. */
const NEWEST = 50;

/** Active runs and the latest ones; on an empty installation the first three steps. */
export function HomePage() {
  const newest = useRuns("", NEWEST);
  // A long test may still be running when fifty others have been started after it.
  const running = useRuns("phase=running", NEWEST);
  const plans = usePlans("", 1);
  const clusters = useLivingClusters();
  const info = useInfo();
  const switchedOff = useSwitchedOff();
  const asked = [newest, running, plans, clusters, info, switchedOff];
  const failed = asked.filter(({ data }) => data === undefined);
  // A problem of the server appears in several answers: one message is enough.
  const failures = failed.flatMap(({ error }) => error ?? []).filter((error, place, all) => all.findIndex(({ message }) => message === error.message) === place);
  const { may } = useRights();
  const runs = newest.data?.items;
  const hasPlan = (plans.data?.items.length ?? 0) > 0;
  return (
    <>
      <PageHead title="Overview" actions={hasPlan && may("start_run") && <StartRunButton />} />
      <PasswordNote />
      {/* All at once, except what failed: content that arrives late would move what is being read. */}
      {asked.some(({ isPending, failureCount }) => isPending && failureCount === 0) ? (
        <Waiting what="Loading the overview…" tall />
      ) : (
        <Suspense fallback={<Waiting what="Loading the overview…" tall />}>
          {failures.map((error) => (
            <ErrorBox key={error.message} error={error} onRetry={() => failed.forEach((query) => void query.refetch())} />
          ))}
          <SwitchedOffNotes schedules={switchedOff.data?.items ?? []} />
          {info.data !== undefined && <Notices notices={info.data.notices} />}
          {info.data !== undefined && <Missing info={info.data} />}
          {runs?.length === 0 && plans.data !== undefined && clusters.data !== undefined && <Begin hasPlan={hasPlan} clusters={clusters.data.items} info={info.data} />}
          <RunningNow runs={underWay(together(runs ?? [], running.data?.items ?? []))} any={(runs?.length ?? 0) > 0} />
          {clusters.data !== undefined && (clusters.data.items.length > 0 || runs?.length !== 0) && <OverviewClusters clusters={clusters.data.items} more={clusters.data.next !== null} />}
          {(runs?.length ?? 0) > 0 && (
            <LastRuns
              count={LAST}
              title="Last runs"
              empty="No finished runs yet."
              actions={
                <Link className="btn btn-quiet" to="/runs">
                  All runs
                </Link>
              }
            />
          )}
        </Suspense>
      )}
    </>
  );
}

function together(runs: RunSummary[], others: RunSummary[]): RunSummary[] {
  return [...runs, ...others.filter(({ id }) => !runs.some((run) => run.id === id))];
}

function Begin(props: ComponentProps<typeof FirstSteps>) {
  const { may } = useRights();
  if (may("start_run")) return <FirstSteps {...props} />;
  return (
    <section className="card">
      <Empty icon="activity" title="No runs yet.">
        Runs, clusters and plans of others appear here. Your role is viewer: you can see everything but not start runs.
      </Empty>
    </section>
  );
}

/** What this machine lacks for running a test. */
function Missing({ info }: { info: Info }) {
  return (
    <>
      {!info.java.found && (
        <Note tone="failed">
          <strong>Java not found on the server.</strong> {info.java.hint}
        </Note>
      )}
      {!info.jmeter.found && <Note tone="info">{info.jmeter_versions[0] === undefined ? "JMeter" : `JMeter ${info.jmeter_versions[0]}`} will be downloaded when you create the first cluster.</Note>}
    </>
  );
}

function RunningNow({ runs, any }: { runs: RunSummary[]; any: boolean }) {
  if (runs.length === 0) return any ? <p className="text-muted">No active runs.</p> : null;
  const left = runs.length - MOST_UNDER_WAY;
  return (
    <section aria-label="Active runs" className="stack">
      <div className="cards">
        {runs.slice(0, MOST_UNDER_WAY).map((run) => (
          <RunCard key={run.id} run={run} />
        ))}
      </div>
      {left > 0 && (
        <p>
          <Link to="/runs?phase=running">{plural(left, "more active run")}</Link>
        </p>
      )}
    </section>
  );
}
