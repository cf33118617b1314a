import { useState } from "react";
import type { Run } from "@/shared/api/types";
import { formatDuration } from "@/shared/format/time";
import { ConfirmDialog } from "@/shared/ui/ConfirmDialog";
import { Icon } from "@/shared/ui/Icon";
import { useStopRun } from "../api/useStopRun";

/** Stop asks JMeter to finish; once that was asked, the same place offers to cut. */
export function StopControl({ run }: { run: Run }) {
  const stop = useStopRun(run.id);
  const [asked, setAsked] = useState<"graceful" | "cut" | null>(null);
  const next = run.stop_requested === null ? "graceful" : "cut";
  const go = (how: "graceful" | "cut") => stop.mutate(how, { onSuccess: () => setAsked(null) });
  return (
    <>
      <button
        type="button"
        className="btn btn-stop"
        disabled={run.stop_requested === "cut" || run.phase === "collecting"}
        onClick={() => setAsked(next)}
      >
        <Icon name="stop" /> {next === "graceful" ? "Stop" : "Cut now"}
      </button>
      {asked !== null && (
        <ConfirmDialog
          title={asked === "graceful" ? `Stop ${run.name}` : `Cut ${run.name} now`}
          cancel="Let it run"
          action={asked === "graceful" ? "Stop the run" : "Cut now"}
          tone="danger"
          request={stop}
          onConfirm={() => go(asked)}
          onClose={() => setAsked(null)}
        >
          {asked === "graceful" ? (
            <p>
              Users finish the request they are in; after {formatDuration(run.grace_s)} what still runs is cut. Everything measured so far is kept and the
              result is marked as partial.
            </p>
          ) : (
            <p>JMeter is ended at once on every node. Requests that are under way are not measured; everything that reached the master is kept.</p>
          )}
        </ConfirmDialog>
      )}
    </>
  );
}
