import { Link } from "react-router";
import { useScheduleOfRun } from "../api/useSchedules";

/** The schedule that started a run, among the facts on the run's page. */
export function ScheduleFact({ run }: { run: string }) {
  const { data } = useScheduleOfRun(run);
  if (data == null) return null;
  return (
    <span>
      schedule <Link to={`/schedules/${data.schedule.id}`}>{data.schedule.name}</Link>
      {data.by !== null && ", started manually"}
    </span>
  );
}
