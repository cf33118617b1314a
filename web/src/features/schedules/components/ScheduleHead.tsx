import { useState } from "react";
import { Link, useNavigate } from "react-router";
import type { Info, Schedule } from "@/shared/api/types";
import { OwnerFact } from "@/shared/session/OwnerFact";
import { ReadOnlyMark } from "@/shared/session/ReadOnlyMark";
import { useRights } from "@/shared/session/useSession";
import { Chip } from "@/shared/ui/Chip";
import { RemovalDialog } from "@/shared/ui/RemovalDialog";
import { CopyId } from "@/shared/ui/CopyId";
import { ErrorBox } from "@/shared/ui/ErrorBox";
import { Icon } from "@/shared/ui/Icon";
import { Menu, MenuItem } from "@/shared/ui/Menu";
import { PageHead } from "@/shared/ui/PageHead";
import { useChangeSchedule, useDeleteSchedule } from "../api/useSchedules";
import { stateChip, timingWords } from "../scheduleWords";
import { ScheduleDialog } from "./ScheduleDialog";
import { StartNowDialog } from "./StartNowDialog";

/** Name, state, owner and actions. */
export function ScheduleHead({ schedule, info }: { schedule: Schedule; info: Info | undefined }) {
  const [open, setOpen] = useState<"edit" | "start" | "delete" | null>(null);
  const change = useChangeSchedule(schedule.id);
  const navigate = useNavigate();
  const removal = useDeleteSchedule(schedule.id, () => void navigate("/schedules"));
  const writes = useRights().mayWrite(schedule);
  const close = () => setOpen(null);
  const pauses = schedule.state === "active";
  return (
    <>
      <PageHead
        title={schedule.name}
        above={
          <>
            <Link to="/schedules">Schedules</Link> / <CopyId id={schedule.id} />
          </>
        }
        chips={
          <>
            <Chip {...stateChip(schedule)} />
            <ReadOnlyMark thing={schedule} />
          </>
        }
        facts={
          <>
            <span>
              plan <Link to={`/plans/${schedule.plan.id}`}>{schedule.plan.name}</Link>
            </span>
            <span>{timingWords(schedule.timing)}</span>
            <OwnerFact kind="schedules" thing={schedule} />
          </>
        }
        actions={
          writes && (
            <>
              <button type="button" className="btn btn-primary" onClick={() => setOpen("start")}>
                <Icon name="play" /> Start now…
              </button>
              <button type="button" className="btn btn-outline-secondary" disabled={change.isPending} onClick={() => change.mutate(pauses ? "pause" : "resume")}>
                <Icon name={pauses ? "stop" : "arrow-clockwise"} /> {pauses ? "Pause" : "Resume"}
              </button>
              <Menu label="More about this schedule">
                <MenuItem onSelect={() => setOpen("edit")}>Change…</MenuItem>
                <MenuItem danger consequence="It starts no further runs. Its runs and results are kept." onSelect={() => setOpen("delete")}>
                  Delete…
                </MenuItem>
              </Menu>
            </>
          )
        }
      />
      {change.error !== null && <ErrorBox error={change.error} />}
      {open === "edit" && <ScheduleDialog info={info} schedule={schedule} onClose={close} />}
      {open === "start" && <StartNowDialog schedule={schedule} onClose={close} />}
      {open === "delete" && (
        <RemovalDialog verb="Delete" what={schedule.name} request={removal} onConfirm={() => removal.mutate()} onClose={close}>
          <p>It starts no further runs, and its history is deleted. Its runs and their results are kept.</p>
        </RemovalDialog>
      )}
    </>
  );
}
