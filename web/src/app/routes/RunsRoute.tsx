import { MOST_RUNS, useRuns } from "@/features/runs/api/useRuns";
import { RunTable } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { Empty } from "@/shared/ui/Empty";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function RunsRoute() {
  const runs = useRuns();
  return (
    <>
      <PageHead title="Runs" facts={<span>{runs.data?.length === MOST_RUNS ? `The newest ${MOST_RUNS} executions of plans; older ones are on the pages of their plans and clusters.` : "Every execution of a plan, the newest first."}</span>} actions={<StartRunButton />} />
      <Loaded query={runs} what="Fetching the runs…">
        {(list) => (
          <RunTable
            runs={list}
            title="Runs"
            fills
            empty={
              <Empty icon="activity" title="No run yet." action={<StartRunButton />}>
                A run is one execution of a plan on a cluster: upload a plan, create a cluster, and start it. Its figures, report and logs stay here.
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
