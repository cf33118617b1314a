import { useState } from "react";
import { Dialog } from "@/shared/ui/Dialog";
import { Icon } from "@/shared/ui/Icon";
import { Waiting } from "@/shared/ui/Waiting";
import { useRun } from "../api/useRun";
import { StartRun } from "./StartRun";

interface Props {
  planId?: string;
  clusterId?: string;
  /** The plan's last run, whose settings fill the dialog initially. */
  lastRunId?: string | undefined;
  disabled?: boolean;
  why?: string | undefined;
  /** Also offers a try run. */
  tries?: boolean;
}

export function StartRunButton({ planId, clusterId, lastRunId, disabled, why, tries = false }: Props) {
  const [open, setOpen] = useState<"run" | "try" | null>(null);
  const dialog = { planId: planId ?? null, tryRun: open === "try", onClose: () => setOpen(null) };
  return (
    <>
      <button type="button" className="btn btn-primary" disabled={disabled} title={why} onClick={() => setOpen("run")}>
        <Icon name="play" /> Start run
      </button>
      {tries && (
        <button type="button" className="btn btn-outline-secondary" disabled={disabled} title={why ?? "1 user, 1 iteration, 1 node: does the plan work?"} onClick={() => setOpen("try")}>
          <Icon name="eye" /> Try
        </button>
      )}
      {open !== null && (lastRunId === undefined ? <StartRun {...dialog} clusterId={clusterId ?? null} /> : <StartLikeLast {...dialog} lastRunId={lastRunId} />)}
    </>
  );
}

/** With the settings of the plan's last run, on the current plan; imported runs have no settings, and deleted ones no data. */
function StartLikeLast({ lastRunId, ...dialog }: { planId: string | null; tryRun: boolean; lastRunId: string; onClose: () => void }) {
  const last = useRun(lastRunId);
  if (last.isPending)
    return (
      <Dialog wide title="Start run" onClose={dialog.onClose} footer={null}>
        <Waiting what="Loading the settings of the last run…" tall />
      </Dialog>
    );
  const like = last.data === undefined || last.data.provider === "imported" ? {} : { like: last.data };
  return <StartRun {...dialog} clusterId={null} {...like} newest />;
}
