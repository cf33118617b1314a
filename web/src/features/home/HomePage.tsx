import { Link } from "react-router";
import { useClusters } from "@/features/clusters/api/useClusters";
import { clusterChip, hasEnded, sizeWords, workersOf } from "@/features/clusters/clusterWords";
import { EndsIn } from "@/features/clusters/components/EndsIn";
import { usePlans } from "@/features/plans/api/usePlans";
import { useRuns } from "@/features/runs/api/useRuns";
import { RunTable } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { useInfo } from "@/features/session/api/useInfo";
import type { Cluster, Info, Run } from "@/shared/api/types";
import { formatUsd } from "@/shared/format/money";
import { Chip } from "@/shared/ui/Chip";
import { Loaded } from "@/shared/ui/Loaded";
import { Note } from "@/shared/ui/Note";
import { PageHead } from "@/shared/ui/PageHead";
import { FirstSteps } from "./FirstSteps";
import { RunCard } from "./RunCard";

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
      {info.data !== undefined && <Missing info={info.data} />}
      <Loaded query={runs} what="Fetching the runs…">
        {(all) => (
          <>
            {all.length === 0 && plans.data !== undefined && clusters.data !== undefined && (
              <FirstSteps plans={plans.data} clusters={clusters.data} info={info.data} />
            )}
            <RunningNow runs={all.filter((run) => run.phase !== "finished")} any={all.length > 0} />
            <LivingClusters clusters={clusters.data ?? []} />
            {all.length > 0 && (
              <RunTable runs={all.filter((run) => run.phase === "finished").slice(0, LAST)} title="Last runs" without={["owner"]} empty="The first run is still under way." />
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
          <strong>No Java was found on the server.</strong> {info.java.hint}
        </Note>
      )}
      {!info.jmeter.found && (
        <Note tone="attention">
          <strong>JMeter is not there yet.</strong> {info.jmeter.hint}
        </Note>
      )}
    </>
  );
}

function RunningNow({ runs, any }: { runs: Run[]; any: boolean }) {
  if (runs.length === 0) return any ? <p className="text-muted">Nothing runs now.</p> : null;
  return (
    <section aria-label="What runs now" className="cards">
      {runs.map((run) => (
        <RunCard key={run.id} run={run} />
      ))}
    </section>
  );
}

function LivingClusters({ clusters }: { clusters: Cluster[] }) {
  const living = clusters.filter((cluster) => !hasEnded(cluster.phase));
  if (living.length === 0) return null;
  return (
    <section className="card list-card" aria-label="Clusters">
      <header className="chart-head">
        <h3>Clusters that are up</h3>
      </header>
      <ul className="pairs">
        {living.map((cluster) => (
          <li key={cluster.id}>
            <span className="cluster-line">
              <Link to={`/clusters/${cluster.id}`}>{cluster.name}</Link> <Chip {...clusterChip(cluster)} />
              <span className="text-muted">{sizeWords(workersOf(cluster))}</span>
            </span>
            <span className="text-muted">
              {cluster.usd_per_hour !== null && <>about {formatUsd(cluster.usd_per_hour)} an hour, {formatUsd(cluster.usd_so_far)} so far · </>}
              ends in <EndsIn cluster={cluster} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
