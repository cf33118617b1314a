import { useNavigate } from "react-router";
import { PlanTable } from "@/features/plans/components/PlanTable";
import { UploadArea } from "@/features/plans/components/UploadArea";
import { useInfo } from "@/shared/session/useInfo";
import { formatBytes } from "@/shared/format/numbers";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Loaded } from "@/shared/ui/Loaded";
import { PageHead } from "@/shared/ui/PageHead";

export function PlansRoute() {
  const info = useInfo();
  const navigate = useNavigate();
  const uploads = useRights().may("upload_plan");
  return (
    <>
      <PageHead title="Plans" facts={<span>JMeter plans with the files they need.</span>} />
      {uploads && (
        <Loaded query={info} what="Loading…">
          {({ limits }) => (
            <UploadArea planId={null} limits={limits} onDone={(plan) => void navigate(`/plans/${plan.id}`)}>
              Drop a .jmx and its files here (data files, plugin jars), a folder, or a zip; up to {formatBytes(limits.max_upload_bytes)}. Checked on upload.
            </UploadArea>
          )}
        </Loaded>
      )}
      <PlanTable
        empty={
          <Empty icon="file-text" title="No plans yet.">
            {uploads ? "Drop a .jmx and its files above, or choose them." : "Plans that members upload appear here."}
          </Empty>
        }
      />
    </>
  );
}
