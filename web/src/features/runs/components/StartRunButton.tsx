import { useState } from "react";
import { Icon } from "@/shared/ui/Icon";
import { useRun } from "../api/useRun";
import { StartRun } from "./StartRun";

interface Props {
  planId?: string;
  clusterId?: string;
  /** The plan's last run, whose settings the dialog begins with. */
  lastRunId?: string | undefined;
  disabled?: boolean;
  why?: string;
}

export function StartRunButton({ planId, clusterId, lastRunId, disabled, why }: Props) {
  const [open, setOpen] = useState(false);
  const onClose = () => setOpen(false);
  return (
    <>
      <button type="button" className="btn btn-primary" disabled={disabled} title={why} onClick={() => setOpen(true)}>
        <Icon name="play" /> Start run
      </button>
      {open &&
        (lastRunId === undefined ? (
          <StartRun planId={planId ?? null} clusterId={clusterId ?? null} onClose={onClose} />
        ) : (
          <StartLikeLast planId={planId ?? null} lastRunId={lastRunId} onClose={onClose} />
        ))}
    </>
  );
}

/** With the settings of the plan's last run, on the plan as it is now; imported runs have none, and deleted ones are not there. */
function StartLikeLast({ planId, lastRunId, onClose }: { planId: string | null; lastRunId: string; onClose: () => void }) {
  const last = useRun(lastRunId);
  if (last.isPending) return null;
  const like = last.data === undefined || last.data.provider === "imported" ? {} : { like: last.data };
  return <StartRun planId={planId} clusterId={null} {...like} newest onClose={onClose} />;
}
