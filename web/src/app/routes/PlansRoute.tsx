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
      <Loaded query={info} what="Loading…">
        {({ limits }) => (
          <UploadArea planId={null} limits={limits} onDone={(plan) => void navigate(`/plans/${plan.id}`)}>
            Drop a .jmx and its files here (data files, plugin jars), a folder, or a zip; up to {formatBytes(limits.max_upload_bytes)}. Checked on upload.
          </UploadArea>
        )}
      </Loaded>
      <Loaded query={plans} what="Loading plans…">
        {(list) => (
          <PlanTable
            plans={list}
            empty={
              <Empty icon="file-text" title="No plans yet.">
                Drop a .jmx and its files above, or choose them.
              </Empty>
            }
          />
        )}
      </Loaded>
    </>
  );
}
