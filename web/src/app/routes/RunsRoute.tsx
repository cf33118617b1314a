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
      <PageHead title="Runs" facts={<span>{runs.data?.length === MOST_RUNS ? `The newest ${MOST_RUNS} runs; older ones are on the pages of their plans and clusters.` : "All runs, newest first."}</span>} actions={<StartRunButton />} />
      <Loaded query={runs} what="Loading runs…">
        {(list) => (
          <RunTable
            runs={list}
            title="Runs"
            fills
            empty={
              <Empty icon="activity" title="No runs yet." action={<StartRunButton />}>
                A run executes a plan on a cluster. Upload a plan, create a cluster and start a run; its results, report and logs are kept here.
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
