import { useNavigate } from "react-router";
import { usePlans } from "@/features/plans/api/usePlans";
import { PlanTable } from "@/features/plans/components/PlanTable";
import { UploadArea } from "@/features/plans/components/UploadArea";
import { useInfo } from "@/features/session/api/useInfo";
import { formatBytes } from "@/shared/format/numbers";
import { Empty } from "@/shared/ui/Empty";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function PlansRoute() {
  const plans = usePlans();
  const info = useInfo();
  const navigate = useNavigate();
  return (
    <>
      <PageHead title="Plans" facts={<span>JMeter plans with the files they need.</span>} />
      <Loaded query={info} what="Asking the server for its limits…">
        {({ limits }) => (
          <UploadArea planId={null} limits={limits} onDone={(plan) => void navigate(`/plans/${plan.id}`)}>
            Drop a plan here: a .jmx with its data files and plugin jars, a folder, or a zip, up to {formatBytes(limits.max_upload_bytes)}.
          </UploadArea>
        )}
      </Loaded>
      <Loaded query={plans} what="Fetching the plans…">
        {(list) => (
          <PlanTable
            plans={list}
            empty={
              <Empty icon="file-text" title="No plan yet.">
                Drop one above, or choose its files: a .jmx and what it reads. JAC checks it as soon as it is here.
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
