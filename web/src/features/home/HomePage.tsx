import { Link } from "react-router";
import { useClusters } from "@/features/clusters/api/useClusters";
import { usePlans } from "@/features/plans/api/usePlans";
import { MOST_RUNS, useRuns } from "@/features/runs/api/useRuns";
import { RunTable } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { useInfo } from "@/features/session/api/useInfo";
import type { Info, Run } from "@/shared/api/types";
import { plural } from "@/shared/format/numbers";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { PageHead } from "@/shared/ui/PageHead";
import { FirstSteps } from "./FirstSteps";
import { Notices } from "./Notices";
import { OverviewClusters } from "./OverviewClusters";
import { RunCard } from "./RunCard";
import { MOST_UNDER_WAY, underWay } from "./shown";

const LAST = 10;

/** What runs now and what ran last; on an empty installation the first three steps. */
export function HomePage() {
  const runs = useRuns();
  const plans = usePlans();
  const clusters = useClusters();
  const info = useInfo();
  return (
    <>
      <PageHead title="Overview" actions={(plans.data?.length ?? 0) > 0 && <StartRunButton />} />
      {info.data !== undefined && <Notices notices={info.data.notices} />}
      {info.data !== undefined && <Missing info={info.data} />}
      <Loaded query={runs} what="Loading runs…">
        {(all) => (
          <>
            {all.length === 0 && plans.data !== undefined && clusters.data !== undefined && (
              <FirstSteps plans={plans.data} clusters={clusters.data} info={info.data} />
            )}
            <RunningNow runs={underWay(all)} any={all.length > 0} />
            {clusters.data !== undefined && (clusters.data.length > 0 || all.length > 0) && <OverviewClusters clusters={clusters.data} />}
            {all.length > 0 && (
              <RunTable
                runs={all.filter((run) => run.phase === "finished").slice(0, LAST)}
                title="Last runs"
                without={["owner"]}
                empty="No finished runs yet."
                actions={
                  <Link className="btn btn-quiet" to="/runs">
                    {all.length < MOST_RUNS ? `All ${plural(all.length, "run")}` : "All runs"}
                  </Link>
                }
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

/** What the machine lacks before any test can run. */
function Missing({ info }: { info: Info }) {
  return (
    <>
      {!info.java.found && (
        <Note tone="failed">
          <strong>Java not found on the server.</strong> {info.java.hint}
        </Note>
      )}
      {!info.jmeter.found && (
        <Note tone="info">
          {info.jmeter_versions[0] === undefined ? "JMeter" : `JMeter ${info.jmeter_versions[0]}`} will be downloaded when you create the first cluster.
        </Note>
      )}
    </>
  );
}

function RunningNow({ runs, any }: { runs: Run[]; any: boolean }) {
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
          <Link to="/runs">{plural(left, "more active run")}</Link>
        </p>
      )}
    </section>
  );
}
