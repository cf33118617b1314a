import { useState } from "react";
import { ScheduleDialog } from "@/features/schedules/components/ScheduleDialog";
import { ScheduleTable } from "@/features/schedules/components/ScheduleTable";
import { useInfo } from "@/shared/session/useInfo";
import { useRights } from "@/shared/session/useSession";
import { Empty } from "@/shared/ui/Empty";
import { Icon } from "@/shared/ui/Icon";
import { PageHead } from "@/shared/ui/PageHead";

export function SchedulesRoute() {
  const info = useInfo();
  const { may } = useRights();
  const [creating, setCreating] = useState(false);
  const create = may("start_run") && (
    <button type="button" className="btn btn-primary" onClick={() => setCreating(true)}>
      <Icon name="plus" /> New schedule
    </button>
  );
  return (
    <>
      <PageHead title="Schedules" facts={<span>Runs that start automatically, with the rights and credentials of their owner.</span>} actions={create} />
      <ScheduleTable
        empty={
          <Empty icon="clock" title="No schedules yet." action={create}>
            Run a plan every night, or once at a time of your choice. A cluster can be created for each run and terminated after it.
          </Empty>
        }
      />
      {creating && <ScheduleDialog info={info.data} onClose={() => setCreating(false)} />}
    </>
  );
}
