import { Link } from "react-router";
import type { Schedule } from "@/shared/api/types";
import { formatCount } from "@/shared/format/numbers";
import { Note } from "@/shared/ui/Note";

/** Shows the owner the schedules that were switched off, until they are resumed or deleted. */
export function SwitchedOffNotes({ schedules }: { schedules: Schedule[] }) {
  return schedules.map((schedule) => (
    <Note key={schedule.id} tone="failed">
      The schedule <Link to={`/schedules/${schedule.id}`}>{schedule.name}</Link> was switched off:{" "}
      {schedule.failures > 0 ? `${formatCount(schedule.failures)} runs in a row failed or could not be started` : "its time zone is no longer known"}.
    </Note>
  ));
}
