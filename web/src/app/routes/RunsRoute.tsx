import { ImportButton } from "@/features/runs/components/ImportButton";
import { RunList } from "@/features/runs/components/RunTable";
import { StartRunButton } from "@/features/runs/components/StartRunButton";
import { useInfo } from "@/shared/session/useInfo";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { PageHead } from "@/shared/ui/PageHead";

export function RunsRoute() {
  const { may } = useRights();
  const info = useInfo();
  const start = may("start_run") && (
    <>
      <ImportButton most_bytes={info.data?.limits.max_import_bytes ?? Infinity} />
      <StartRunButton />
    </>
  );
  return (
    <>
      <PageHead title="Runs" facts={<span>Every execution of a plan on a cluster, with its results, report and logs.</span>} actions={start} />
      <RunList
        title="Runs"
        fills
        empty={
          <Empty icon="activity" title="No runs yet." action={start}>
            A run executes a plan on a cluster. Upload a plan, create a cluster and start a run; its results, report and logs are kept here.
          </Empty>
        }
      />
    </>
  );
}
