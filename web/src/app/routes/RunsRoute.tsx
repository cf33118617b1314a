import { useRuns } from "@/features/runs/api/useRuns";
import { RunTable } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { Empty } from "@/shared/ui/Empty";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function RunsRoute() {
  const runs = useRuns();
  return (
    <>
      <PageHead title="Runs" facts={<span>Every execution of a plan, the newest first.</span>} actions={<StartRunButton />} />
      <Loaded query={runs} what="Fetching the runs…">
        {(list) => (
          <RunTable
            runs={list}
            title="Runs"
            empty={
              <Empty icon="activity" title="No run yet." action={<StartRunButton />}>
                A run is one execution of a plan on a cluster. Its figures, report and logs stay here.
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
