import { useParams } from "react-router";
import { useSchedule } from "@/features/schedules/api/useSchedules";
import { FiringTable, ScheduleFacts, ScheduleNotes } from "@/features/schedules/components/ScheduleBody";
import { ScheduleHead } from "@/features/schedules/components/ScheduleHead";
import { useInfo } from "@/shared/session/useInfo";
import { Loaded } from "@/shared/ui/Loaded";

export function ScheduleRoute() {
  const { id = "" } = useParams();
  const query = useSchedule(id);
  const info = useInfo();
  return (
    <Loaded query={query} what="Loading the schedule…">
      {(schedule) => (
        <>
          <ScheduleHead schedule={schedule} info={info.data} />
          <ScheduleNotes schedule={schedule} />
          <div className="columns columns-main">
            <FiringTable schedule={schedule} />
            <ScheduleFacts schedule={schedule} />
          </div>
        </>
      )}
    </Loaded>
  );
}
