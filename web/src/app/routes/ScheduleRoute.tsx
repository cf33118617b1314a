import { useParams } from "react-router";
import { useSchedule } from "@/features/schedules/api/useSchedules";
import { FiringTable, ScheduleFacts, ScheduleNotes } from "@/features/schedules/components/ScheduleBody";
import { ScheduleHead } from "@/features/schedules/components/ScheduleHead";
import { useInfo } from "@/shared/session/useInfo";
import { Loaded } from "@/shared/ui/Loaded";

/** Each has a separate page: dialogs opened on one are closed on the next. */
export function ScheduleRoute() {
  const { id = "" } = useParams();
  return <SchedulePage key={id} id={id} />;
}

function SchedulePage({ id }: { id: string }) {
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
